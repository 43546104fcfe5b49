"""What a handler can answer with when a plain JSON value and the operation's one success status are not
enough.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

NO_STORE: Final[Mapping[str, str]] = {"Cache-Control": "no-store"}
"""Of what is a person's own: no cache keeps it (RFC 9111 section 5.2.2.5)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `body` is a JSON-native value, bytes (with `media_type`), or None for no body.

    A header field with several values is sent once for each (`Set-Cookie`, RFC 6265 section 3).
    """

    status: int = 200
    body: object = None
    headers: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer sent chunk by chunk as it is made; the media type is checked, events are not buffered."""

    media_type: str
    chunks: AsyncIterator[bytes]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
