"""HTTP/1.1 on one connection: uvicorn's httptools protocol, with bounds on what a client may make us hold.

uvicorn reads a request's head without any limit of size or time, logs a line for every malformed request,
and answers those in a form that the contract does not declare. Here a head has a size and a deadline, a
body has a deadline (its size is the contract engine's business), requests sent ahead of their answers have
a number, and what is not HTTP gets the contract's own 400.

Where a request ends is never a matter of opinion, because a proxy in front that holds another one could be
made to pass on a request that it never saw: `Transfer-Encoding` is `chunked` or refused, a body that comes
with a wish to change protocols is still a body, and trailer fields are not header fields.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import Enum
from typing import Any, Final

import httptools
import orjson
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.contract.request_id import new_request_id
from api.problems import render
from handlers.errors import ApiError

HEAD_BYTES: Final = 65_536  # request line and header fields together; trailer fields again as much
AHEAD: Final = 64  # requests that wait on one connection for the answer to an earlier one
HEAD_SECONDS: Final = 15.0
BODY_SECONDS: Final = 60.0
LINGER_SECONDS: Final = 2.0  # closing at once while bytes still come would make the client lose the answer


class NotHttp(ApiError):
    """400: what came is no HTTP/1.1 request, or its head is too large (RFC 9112 section 2.2)."""

    status = 400
    error = "bad_request"
    message = "This is not an HTTP/1.1 request, or its head is too large."


class _Awaiting(Enum):
    REQUEST = "request"
    REST_OF_HEAD = "rest of head"
    REST_OF_BODY = "rest of body"
    NOTHING = "nothing"  # it was refused


class BoundedHttp(HttpToolsProtocol):
    """One client connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state, _loop=_loop)
        self._awaiting = _Awaiting.REQUEST
        self._received = 0  # bytes of the piece being parsed
        self._head_bytes = 0
        self._body_came = False  # in the piece being parsed
        self._bytes_without_body = 0  # since body last came: trailer fields, or the frame of a chunk
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client that connects and says nothing is given as long as one that is slow to say it."""
        super().connection_made(transport)
        self._give(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the deadline back: a closed connection must not be kept alive by its timer."""
        self._take_deadline_back()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and bound what it is left waiting for."""
        if self._awaiting is _Awaiting.NOTHING:
            return
        self._unset_keepalive_if_required()
        self._received = len(data)
        self._body_came = False
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self.send_400_response("")
            return
        if self._awaiting is _Awaiting.REST_OF_HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.send_400_response("")
                return
            self._give(HEAD_SECONDS)
        elif self._awaiting is _Awaiting.REST_OF_BODY:
            self._bytes_without_body = 0 if self._body_came else self._bytes_without_body + len(data)
            if self._bytes_without_body > HEAD_BYTES:
                self.send_400_response("")
                return
            self._give(BODY_SECONDS)
        elif self.cycle is None or self.cycle.response_complete:
            self._give(HEAD_SECONDS)  # empty lines came, which took the keep-alive timer away

    def _feed(self, data: bytes) -> None:
        """Parse a piece.

        Where a request wishes for another protocol the parser stops, takes its body for that protocol's
        bytes, and would read them as the next request. None is offered, so it starts again without the wish.
        """
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as stopped:
                data = self._head_without_wish() + data[stopped.args[0] :]
                self.parser = _new_parser(self)
            else:
                return

    def _head_without_wish(self) -> bytes:
        version = self.parser.get_http_version().encode("ascii")
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/" + version]
        for name, value in self.headers:
            if name == b"connection":
                named = [each.strip() for each in value.split(b",")]
                value = b", ".join(each for each in named if each.lower() != b"upgrade")
            if name != b"upgrade" and (value or name != b"connection"):
                lines.append(name + b": " + value)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def on_message_begin(self) -> None:
        """A request begins somewhere in the piece being parsed, which is not all its own.

        Raises if too many wait already: those are answered, then the connection is closed, which tells the
        client to send the others again (RFC 9112 section 9.3.2).
        """
        if len(self.pipeline) >= AHEAD:
            self._awaiting = _Awaiting.NOTHING
            self.cycle.keep_alive = False
            raise ValueError("too many requests ahead of their answers")
        super().on_message_begin()
        self._awaiting = _Awaiting.REST_OF_HEAD
        self._head_bytes = -self._received

    def on_headers_complete(self) -> None:
        """The head is there. Raises for what this server does not speak, which the parser reports as its own
        failure: a head that is too large, another version, a coding of the message it does not know."""
        self._take_deadline_back()
        _refuse_head(self.parser.get_http_version(), self.url, self.headers)
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise ValueError("this is no proxy")
            return  # it comes again without the wish
        super().on_headers_complete()
        self._awaiting = _Awaiting.REST_OF_BODY
        self._bytes_without_body = 0
        self.headers = _Unkept()  # fields that follow are trailers; the application has its list

    def on_body(self, body: bytes) -> None:
        """A part of the request's body."""
        self._body_came = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete; what follows on the connection is the next one."""
        if self.parser.should_upgrade():
            return
        super().on_message_complete()
        self._awaiting = _Awaiting.REQUEST
        self._take_deadline_back()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP and close. Says nothing when another answer is on its way or is out."""
        self._take_deadline_back()
        if self._awaiting is _Awaiting.NOTHING or self.transport.is_closing():
            return
        in_body = self._awaiting is _Awaiting.REST_OF_BODY
        self._awaiting = _Awaiting.NOTHING
        unanswered = self.cycle is not None and not self.cycle.response_started and not self.pipeline
        if in_body and unanswered:
            self._abandon()
        elif in_body or not (self.cycle is None or self.cycle.response_complete):
            self.transport.close()
            return
        self.transport.write(_refusal(self.server_state.default_headers))
        if self.transport.can_write_eof():  # TLS cannot end one direction
            self.transport.write_eof()
        self._give(LINGER_SECONDS)

    def _abandon(self) -> None:
        """The body of the request being worked on cannot be read to its end: as if its client had left."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()

    def _give(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _take_deadline_back(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


class _Unkept(list[tuple[bytes, bytes]]):
    """Takes fields and keeps none."""

    def append(self, field: tuple[bytes, bytes], /) -> None:
        """Forget it."""


def _new_parser(connection: BoundedHttp) -> httptools.HttpRequestParser:
    parser = httptools.HttpRequestParser(connection)
    # As uvicorn's own: a request after one that said `Connection: close` is passed over, and is no error.
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def _refuse_head(version: str, target: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    """Raise ValueError for a head that is not taken.

    A body's coding other than `chunked`, or any in HTTP/1.0, leaves open where the body ends (RFC 9112
    section 6.1).
    """
    if version not in ("1.1", "1.0"):
        raise ValueError("another version of HTTP")
    size = len(target)
    for name, value in fields:
        size += len(name) + len(value)
        if name == b"transfer-encoding" and (version == "1.0" or value.strip().lower() != b"chunked"):
            raise ValueError("another transfer coding")
    if size > HEAD_BYTES:
        raise ValueError("request head too large")


def _refusal(default_headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    request_id = new_request_id()
    answer = render(NotHttp(), request_id=request_id, path="")
    body = orjson.dumps(answer.body)
    fields = {
        **answer.headers,
        "Content-Type": answer.media_type,
        "Content-Length": len(body),
        "X-Request-Id": request_id,
        "Connection": "close",
    }
    lines = [b"HTTP/1.1 400 Bad Request"]
    lines += [name + b": " + value for name, value in default_headers]
    lines += [f"{name}: {value}".encode() for name, value in fields.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
