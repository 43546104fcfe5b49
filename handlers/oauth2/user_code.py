"""The code that a person types: eight letters of twenty (RFC 8628 section 6.1), 34.6 bits, shown as
XXXX-XXXX.
"""

from __future__ import annotations

from handlers import secret
from handlers.ports import Randomness

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


def generate(randomness: Randomness) -> str:
    """A new code in its normal form, without the dash."""
    return randomness.letters(ALPHABET, LENGTH)


def shown(code: str) -> str:
    """The form for people."""
    return f"{code[:4]}-{code[4:]}"


def normal(typed: str) -> str | None:
    """The normal form of what was typed, in any capitals, with any dashes and spaces; None when it cannot
    be a code.
    """
    code = "".join(typed.upper().replace("-", " ").split())
    return code if len(code) == LENGTH and all(letter in ALPHABET for letter in code) else None


def digest(code: str) -> bytes:
    """How a code is stored."""
    return secret.digest(f"user_code:{code}")
