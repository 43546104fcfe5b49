"""Randomness from the operating system, in the forms that the core asks for."""

from __future__ import annotations

import secrets
from datetime import datetime

from ulid import ULID

from handlers import secret


class SystemRandomness:
    """The real one: the operating system's generator."""

    def id(self, now: datetime) -> str:
        """A ULID of that moment."""
        return str(ULID.from_datetime(now))

    def secret(self, prefix: str) -> str:
        """A secret of 256 random bits."""
        return secret.compose(prefix, secrets.token_bytes(32))

    def letters(self, alphabet: str, length: int) -> str:
        """Uniformly random characters of an alphabet."""
        return "".join(secrets.choice(alphabet) for _ in range(length))
