"""Recovery codes: ten, each of which takes the place of a second factor once, for whoever has lost it.

A code has 80 random bits in an alphabet without letters that look like digits (Crockford's base 32), so its
digest may be a plain one. Whatever is read from paper is understood: capitals, dashes, spaces, an O for a
zero.
"""

from __future__ import annotations

from handlers import secret
from handlers.ports import Randomness

COUNT = 10

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 16
_GROUP = 4
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})


def new_set(randomness: Randomness) -> list[str]:
    """Ten codes as they are shown: `abcd-efgh-jkmn-pqrs`."""
    return [_grouped(randomness.letters(_ALPHABET, _LENGTH)) for _ in range(COUNT)]


def digest(typed: str, *, user_id: str) -> bytes:
    """What is stored of an account's code, and looked for."""
    return secret.digest(f"{user_id} {typed.lower().translate(_MISREAD)}")


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
