"""HTTP/1.1 on one connection: uvicorn's httptools protocol, with bounds on what a client may make us hold.

uvicorn reads a request's head without any limit of size or time, logs a line for every malformed request,
and answers those in a form that the contract does not declare. Here a head has a size and a deadline, a
body has a deadline (its size is the contract engine's business), and what is not HTTP gets the contract's
own 400.
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

HEAD_BYTES: Final = 65_536  # request line and header fields together
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
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No protocol to upgrade to is offered: the request is answered as the plain one that it also is.
            return
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
            self._give(BODY_SECONDS)
        elif self.cycle is None or self.cycle.response_complete:
            self._give(HEAD_SECONDS)  # empty lines came, which took the keep-alive timer away

    def on_message_begin(self) -> None:
        """A request begins somewhere in the piece being parsed, which is not all its own."""
        super().on_message_begin()
        self._awaiting = _Awaiting.REST_OF_HEAD
        self._head_bytes = -self._received

    def on_headers_complete(self) -> None:
        """The head is there. Raises if it is too large, which the parser reports as its own failure."""
        self._awaiting = _Awaiting.REST_OF_BODY
        self._take_deadline_back()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            raise ValueError("request head too large")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is complete; what follows on the connection is the next one."""
        super().on_message_complete()
        self._awaiting = _Awaiting.REQUEST
        self._take_deadline_back()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP and close. Says nothing when an answer is already on its way."""
        self._take_deadline_back()
        if self.transport.is_closing():
            return
        self._awaiting = _Awaiting.NOTHING
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_refusal(self.server_state.default_headers))
            self.transport.write_eof()
            self._give(LINGER_SECONDS)
        else:
            self.transport.close()

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
