"""What the core needs from outside, as protocols. `api/gateways` and `api/wiring.py` provide the real ones,
tests small real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from handlers.policy import Policy


class Randomness(Protocol):
    """Where unguessable values come from. Every secret has 256 bits."""

    def id(self, now: datetime) -> str:
        """A new ULID (26 characters, Crockford base 32), its time part taken from `now`."""
        ...

    def secret(self, prefix: str) -> str:
        """A new secret: prefix, 43 characters of 256 random bits, and a checksum of 6 characters."""
        ...

    def letters(self, alphabet: str, length: int) -> str:
        """Uniformly random characters of an alphabet."""
        ...


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file that the server publishes, held in memory: exact bytes, media type and strong ETag (quoted
    SHA-256).
    """

    name: str
    media_type: str
    body: bytes
    etag: str
    content_security_policy: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """The contract in force, byte for byte, and the static files."""

    yaml: StaticFile
    json: StaticFile
    version: str
    files: Mapping[str, StaticFile]


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything from outside that handlers may be given."""

    randomness: Randomness
    policy: Policy
    published: Published
