"""uvicorn's server, less what the program around it must own: signals, start-up failures, the log.

uvicorn takes SIGTERM and SIGINT for itself and raises them again when it is done, ends the process from
inside when the application does not start, and prints why only to its log. Here `accepting` is set once
connections are accepted, a start that fails raises, and draining is asked for with `drain`.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from api.fixed_headers import FIXED
from api.serve.sockets import BACKLOG
from api.serve.startup import StartFailed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.serve.tls import Tls

KEEP_ALIVE_S = (
    75  # longer than what proxies keep idle connections for, so that they never write into a closed one
)


LEAVE_S = 2.0  # for a client to answer TLS's close_notify when the server stops
_BETWEEN_S = 0.1


class HttpServer(uvicorn.Server):
    """One listener in this process's event loop, for plain HTTP or for HTTP over TLS."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        drain_s: int,
        protocol: type[asyncio.Protocol] | str = "httptools",
        tls: Tls | None = None,
    ) -> None:
        self._tls = tls
        self._application = _LifespanFailure(app)
        super().__init__(
            uvicorn.Config(
                self._application,
                http=protocol,
                ws="none",
                lifespan="on",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=True,
                headers=[*FIXED, *([] if tls is None else [tls.header])],
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=drain_s,
            )
        )
        self.accepting = asyncio.Event()
        self.cut_short = 0  # requests that were still being answered when the drain ended

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept connections. Raises what kept it from starting."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise self._application.failure or StartFailed("The server could not start.")
        loop = asyncio.get_running_loop()
        secured: dict[str, Any] = {} if self._tls is None else self._tls.for_listener()
        try:
            self.servers = [
                await loop.create_server(self._connection, sock=each, backlog=BACKLOG, **secured)
                for each in sockets or ()
            ]
        except OSError as failure:
            if failure.errno != errno.EADDRINUSE:
                raise
            # Bound by both, listened at by the other first.
            await self.lifespan.shutdown()
            raise StartFailed("Another program took the port while the server was starting.") from None
        self.started = True
        self.accepting.set()

    def _connection(self) -> asyncio.Protocol:
        protocol: Any = self.config.http_protocol_class
        made: asyncio.Protocol = protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def drain(self) -> None:
        """Stop accepting, finish what is being answered, then stop. Asked twice, do not wait."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, let what is being answered be answered, end the application.

        uvicorn tells the connections that it knows at this moment. One whose TLS handshake ends a little
        later is told as well, nobody waits for a handshake, and a client that has its answer and does not
        take its leave (TLS has a message for that) is not waited for either.
        """
        for server in self.servers:
            server.close()
        self.servers = []  # or uvicorn waits until each of their connections has ended, handshakes included
        parting = asyncio.create_task(self._part_from_the_rest())
        try:
            await super().shutdown(sockets)
        finally:
            parting.cancel()

    async def _part_from_the_rest(self) -> None:
        clock = asyncio.get_running_loop().time
        done_since: dict[object, float] = {}
        while True:
            await asyncio.sleep(_BETWEEN_S)
            for connection in list(self.server_state.connections):
                connection.shutdown()  # closes what is idle; told again, nothing more happens
                transport = connection.transport
                if not transport.is_closing() or transport.get_write_buffer_size():
                    continue
                if clock() - done_since.setdefault(connection, clock()) > LEAVE_S:
                    transport.abort()

    async def _wait_tasks_to_complete(self) -> None:
        try:
            await super()._wait_tasks_to_complete()
        finally:  # its time is over, or it was asked twice, or nothing is left
            self.cut_short = len(self.server_state.tasks)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to the process, not to this listener."""
        yield


class _LifespanFailure:
    """Keeps the exception with which the application refused to start; ASGI passes on its text only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as failure:
            self.failure = failure
            raise
