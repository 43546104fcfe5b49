"""HTTP/1.1 for questions to language models: what the SDK's HTTP client sends through.

The client's own transport takes an answer apart into chunks, each of which passes six layers of generators;
a streamed answer is hundreds. This one parses with httptools, as the server does, gives what has come in
one piece, and knows one kind of request: a head and a small body, sent at once. Connections are kept for the
next question to the same place. A call costs a third of what it costs by the client's own; aiohttp, which is
nearly as cheap, takes what comes on an idle connection for the answer to the next question.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final, NamedTuple, cast

import httptools
import httpx2

_LARGEST_HEAD: Final = 65_536
_BUFFERED: Final = 262_144  # bytes that wait for the reader before the sender has to
_FINAL: Final = 200  # a status below it says that another will follow
_FRAMES: Final = frozenset({b"content-length", b"transfer-encoding"})
_PORTS: Final = {"https": 443, "http": 80}


class _Place(NamedTuple):
    host: str
    port: int
    tls: bool


class Transport(httpx2.AsyncBaseTransport):
    """Keeps `kept_open` connections at most, for `kept_open_s` seconds each."""

    def __init__(
        self, *, trusted: ssl.SSLContext, connect_s: float, kept_open: int, kept_open_s: float
    ) -> None:
        self._trusted = trusted
        self._connect_s = connect_s
        self._kept_open = kept_open
        self._kept_open_s = kept_open_s
        self._idle: deque[tuple[_Place, float, _Connection]] = deque()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it. Returns when the head of the answer is there. Raises httpx2.TransportError."""
        place = _place_of(request.url)
        sent = _bytes_of(request)
        connection = self._kept(place) or await self._opened(place)
        try:
            status, headers = await connection.ask(sent)
        except BaseException:
            connection.abort()
            raise
        body = _Body(connection, lambda: self._keep(place, connection))
        return httpx2.Response(status, headers=headers, stream=body, extensions={"http_version": b"HTTP/1.1"})

    async def aclose(self) -> None:
        """Close what is kept open."""
        while self._idle:
            self._idle.pop()[2].abort()

    def _kept(self, place: _Place) -> _Connection | None:
        """The connection to that place that was used last, if there is one."""
        oldest = asyncio.get_running_loop().time() - self._kept_open_s
        while self._idle and (self._idle[0][1] < oldest or self._idle[0][2].is_closed):
            self._idle.popleft()[2].abort()
        for kept in reversed(self._idle):
            if kept[0] == place and not kept[2].is_closed:
                self._idle.remove(kept)
                return kept[2]
        return None

    def _keep(self, place: _Place, connection: _Connection) -> None:
        self._idle.append((place, asyncio.get_running_loop().time(), connection))
        if len(self._idle) > self._kept_open:
            self._idle.popleft()[2].abort()

    async def _opened(self, place: _Place) -> _Connection:
        try:
            async with asyncio.timeout(self._connect_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    _Connection, place.host, place.port, ssl=self._trusted if place.tls else None
                )
        except TimeoutError:
            raise httpx2.ConnectTimeout("no connection in time") from None
        except (OSError, ValueError):  # ValueError: a certificate for another name, a name that is none
            raise httpx2.ConnectError("no connection") from None
        return connection


class _Connection(asyncio.Protocol):
    """One connection, with one question under way at most."""

    def __init__(self) -> None:
        self.is_closed = False
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._asking = False
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._has_head = False
        self._is_framed = False  # its end is told by the head, and not by that of the connection
        self._parts: list[bytes] = []
        self._buffered = 0
        self._is_paused = False
        self._is_whole = False
        self._is_wrong = False
        self._lasts = False

    async def ask(self, sent: bytes) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers of the answer. Raises httpx2.TransportError."""
        self._begin()
        self._asking = True
        if self._transport is not None and not self.is_closed:
            self._transport.write(sent)
        while not self._has_head:
            await self._more()
        return self._parser.get_status_code(), self._headers

    async def read(self) -> bytes:
        """What has come of the body, at least a byte; nothing at its end. Raises httpx2.TransportError."""
        while not self._parts:
            if self._is_whole or (self.is_closed and not (self._is_framed or self._is_wrong)):
                return b""
            await self._more()
        portion = b"".join(self._parts)
        self._parts.clear()
        self._buffered = 0
        if self._is_paused and self._transport is not None and not self.is_closed:
            self._is_paused = False
            self._transport.resume_reading()
        return portion

    @property
    def is_reusable(self) -> bool:
        """Whether another question can be asked: the answer to the last was whole, and was read."""
        return self._is_whole and self._lasts and not (self.is_closed or self._is_wrong or self._parts)

    def abort(self) -> None:
        """Close it at once."""
        self.is_closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a connection (asyncio.Protocol)."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, failure: Exception | None) -> None:
        """There is none any more (asyncio.Protocol)."""
        self.is_closed = True
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Something has come (asyncio.Protocol)."""
        self._is_wrong = not self._asking or not self._parsed(data)
        if self._is_wrong:
            self.abort()
        elif self._buffered > _BUFFERED and self._transport is not None and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def _parsed(self, data: bytes) -> bool:
        """Whether it was part of an answer to what was asked."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return False
        if not self._has_head:
            self._head_bytes += len(data)
        return self._head_bytes <= _LARGEST_HEAD

    def on_message_begin(self) -> None:
        """An answer begins (httptools). Raises httptools.HttpParserError for one that nobody asked for."""
        if self._is_whole:
            raise httptools.HttpParserError("a second answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header (httptools)."""
        self._headers.append((name, value))
        self._is_framed = self._is_framed or name.lower() in _FRAMES

    def on_headers_complete(self) -> None:
        """The head is there (httptools), unless it is one that only says that another will come."""
        self._has_head = self._parser.get_status_code() >= _FINAL

    def on_body(self, part: bytes) -> None:
        """A part of the body (httptools)."""
        self._parts.append(part)
        self._buffered += len(part)

    def on_message_complete(self) -> None:
        """All of the answer is there (httptools)."""
        if not self._has_head:
            self._headers = []
            return
        self._is_whole = True
        self._asking = False
        self._lasts = self._parser.should_keep_alive()

    async def _more(self) -> None:
        """Wait until something has come. Raises httpx2.TransportError when nothing will."""
        if self._is_wrong:
            raise httpx2.RemoteProtocolError("what came is no answer")
        if self.is_closed:
            raise httpx2.ReadError("the connection was closed")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Body(httpx2.AsyncByteStream):
    """The body of an answer, in portions as they come."""

    def __init__(self, connection: _Connection, keep: Callable[[], None]) -> None:
        self._connection: _Connection | None = connection
        self._keep = keep

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection is not None and (portion := await self._connection.read()):
            yield portion

    async def aclose(self) -> None:
        """Keep the connection if it is good for more, else close it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.is_reusable:
            self._keep()
        else:
            connection.abort()


def _place_of(url: httpx2.URL) -> _Place:
    return _Place(url.host, url.port or _PORTS[url.scheme], url.scheme == "https")


def _bytes_of(request: httpx2.Request) -> bytes:
    """The request as it is sent. Raises httpx2.LocalProtocolError for one that would be another."""
    head = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    head += [b"%s: %s" % pair for pair in request.headers.raw]
    if any(b"\r" in line or b"\n" in line for line in head):
        raise httpx2.LocalProtocolError("a line of the head is none")
    return b"\r\n".join([*head, b"", b""]) + request.content
