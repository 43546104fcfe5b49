"""Passwords: which are accepted, and the only form in which one is stored (argon2id, RFC 9106)."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from handlers.errors import ApiError

LEAST = 12  # characters
MOST = 128

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


class UnusablePassword(ApiError):
    """400: too short, too long, or not text."""

    error = "invalid_password"
    message = f"A password has {LEAST} to {MOST} characters."


def normal(typed: str) -> str:
    """The password as it is hashed and verified: the same whichever keyboard composed its characters (NFKC).

    Nothing else is asked of it (NIST SP 800-63B section 5.1.1.2). Raises UnusablePassword.
    """
    password = unicodedata.normalize("NFKC", typed)
    if not LEAST <= len(password) <= MOST or any(unicodedata.category(each) == "Cs" for each in password):
        raise UnusablePassword
    return password


def hashed(typed: str) -> str:
    """The argon2id hash with its parameters and a fresh salt. Takes 64 MiB and tens of milliseconds of CPU.

    Raises UnusablePassword.
    """
    return _HASHER.hash(normal(typed))
