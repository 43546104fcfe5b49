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
from typing import TYPE_CHECKING

import uvicorn

from api.serve.sockets import BACKLOG
from api.serve.startup import StartFailed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

KEEP_ALIVE_S = (
    75  # longer than what proxies keep idle connections for, so that they never write into a closed one
)


class HttpServer(uvicorn.Server):
    """One listener in this process's event loop."""

    def __init__(
        self, app: ASGIApp, *, drain_s: int, protocol: type[asyncio.Protocol] | str = "httptools"
    ) -> None:
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
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=drain_s,
            )
        )
        self.accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept connections. Raises what kept it from starting."""
        try:
            await super().startup(sockets=sockets)
        except SystemExit:
            raise self._application.failure or StartFailed("The server could not start.") from None
        except OSError as failure:
            if failure.errno != errno.EADDRINUSE:
                raise
            # Bound by both, listened at by the other first.
            await self.lifespan.shutdown()
            raise StartFailed("Another program took the port while the server was starting.") from None
        self.accepting.set()

    def drain(self) -> None:
        """Stop accepting, finish what is being answered, then stop. Asked twice, do not wait."""
        self.force_exit = self.should_exit
        self.should_exit = True

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
