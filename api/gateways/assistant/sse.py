"""Server-sent events as they come over the wire, cut into the data of each (WHATWG HTML, section 9.2).

Only what providers send is read: lines that end with LF or CR LF. Names and ids of events are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_LONGEST: Final = 1_048_576  # bytes of one event


class NoEvents(Exception):
    """What came is no stream of events, or one event of it is far too long."""


class Events:
    """Takes the bytes in any portions, and gives the data of every event that is whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, portion: bytes) -> Sequence[bytes]:
        """The data of the events that end in this portion. Raises NoEvents."""
        *lines, self._rest = (self._rest + portion).split(b"\n")
        whole = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())
            elif line in (b"", b"\r") and self._data:
                whole.append(b"\n".join(self._data))
                self._data.clear()
        if len(self._rest) + sum(map(len, self._data)) > _LONGEST:
            raise NoEvents
        return whole

    def finish(self) -> Sequence[bytes]:
        """The data of an event that nothing but the end of the stream has ended. Raises NoEvents."""
        return self.feed(b"\n\n")
