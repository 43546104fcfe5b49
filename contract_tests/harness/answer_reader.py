"""A kept connection that reads whole answers with httptools, one after the other, for clients that send more
than an HTTP library could.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import cast

import httptools


class AnswerReader(asyncio.Protocol, ABC):
    """One connection. `_expect` comes before each request, `_answered` when its answer is whole, `_ended`
    when the connection is over."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def connection_lost(self, failure: Exception | None) -> None:
        """Tell that there will be no answer any more."""
        self._ended(failure or ConnectionError("The connection ended before the answer."))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._fields.append((name, value))

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._answered(self._parser.get_status_code(), self._fields, self._body)

    def _expect(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._fields: list[tuple[bytes, bytes]] = []
        self._body = b""

    @abstractmethod
    def _answered(self, status: int, fields: list[tuple[bytes, bytes]], body: bytes) -> None: ...

    @abstractmethod
    def _ended(self, failure: Exception) -> None: ...
