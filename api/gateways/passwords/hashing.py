"""The only form in which a password is stored: argon2id (RFC 9106) with the parameters that OWASP's password
storage cheat sheet recommends, and a random salt.
"""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from api.gateways.passwords.guessing import refuse_guessable
from handlers.ports import Verdict
from handlers.user.password import normal

_HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
_NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$J+sZhGoJg71VkYEtJyawQA$6Zloy3quz7o54v1x5bQvAudJ6ccs5PTGEKN/R0qnNBM"
)


def hashed(typed: str, *, about: tuple[str, ...]) -> str:
    """The hash with its parameters and a fresh salt. Takes 19 MiB and tens of milliseconds of CPU.

    `about` is what others know of the person. Raises UnusablePassword, GuessablePassword.
    """
    password = normal(typed)
    refuse_guessable(password, about=about)
    return _HASHER.hash(password)


def verified(password: str, stored: str | None) -> Verdict:
    """Whether a password in its normal form is the one behind a hash.

    With nothing stored a hash that nobody's password has is verified instead, so that it takes as long.
    """
    try:
        _HASHER.verify(stored if stored is not None else _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return Verdict(matches=False)
    if stored is None:
        return Verdict(matches=False)
    return Verdict(
        matches=True, rehashed=_HASHER.hash(password) if _HASHER.check_needs_rehash(stored) else None
    )
