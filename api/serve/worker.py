"""A worker: builds the application from the contract and answers requests on the listening socket.

It runs either inside the supervisor (one worker) or as its child, `python -m api.serve.worker`, which has
the listening socket and one end of a line to the supervisor as inherited descriptors. On that line the
child says that it is built, is told to go on once the database is ready, and says that it accepts requests;
by its end it learns that the supervisor is gone: no worker outlives it.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from typing import TYPE_CHECKING, Final

import orjson
import uvloop

from api.app import build_app
from api.contract.document import Document, load
from api.logs import Event, Logs
from api.memory import give_back
from api.metrics import Metrics
from api.serve.failures import sentence_for
from api.serve.http_server import HttpServer
from api.serve.protocol import BoundedHttp
from api.settings import CONTRACT, Settings
from api.wiring import wire

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from api.serve.tls import Tls

ORPHAN_DRAIN_S: Final = 1  # a new supervisor wants the port


class Worker:
    """The application on a listening socket, in the running event loop."""

    def __init__(self, settings: Settings, document: Document, *, metrics: Metrics, logs: Logs) -> None:
        """Build the application; nothing is opened. Raises ContractError if it does not fit the contract, and
        BadSetting for a certificate that cannot be used."""
        wiring = wire(settings, document=document, metrics=metrics, logs=logs)
        app: ASGIApp = build_app(document, wiring=wiring)
        self._tls = _tls(settings, metrics=metrics, logs=logs)
        self._server = HttpServer(app, drain_s=settings.drain_s, protocol=BoundedHttp, tls=self._tls)
        self._logs = logs
        self._serving: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Return once requests are accepted. Raises what kept the application from starting."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        accepting = asyncio.create_task(self._server.accepting.wait())
        await asyncio.wait({self._serving, accepting}, return_when=asyncio.FIRST_COMPLETED)
        if not self._server.accepting.is_set():
            accepting.cancel()
            await self._serving
        if self._tls is not None:
            self._following = asyncio.create_task(self._tls.follow())
        # What was loaded until now stays, and no collection needs to look at it again: nor now for the little
        # that loading left over, which would take a tenth of the start and free less than a megabyte.
        gc.freeze()
        give_back()
        gc.enable()

    def drain(self, *, within_s: int | None = None) -> None:
        """Stop accepting and finish what is being answered. Asked twice, cut it short."""
        if within_s is not None:
            self._server.config.timeout_graceful_shutdown = within_s
        self._server.drain()

    async def stopped(self) -> None:
        """Return when the last answer is sent and the application has closed what it opened."""
        if self._serving is not None:
            await self._serving
        if self._server.cut_short:
            self._logs.emit(Event.DRAIN_CUT_SHORT, requests=self._server.cut_short)
        if self._following is not None:
            self._following.cancel()


def _tls(settings: Settings, *, metrics: Metrics, logs: Logs) -> Tls | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    from api.serve.tls import Tls  # what it needs takes time and memory that a server without it saves

    return Tls(settings.tls_cert, settings.tls_key, metrics=metrics, logs=logs)


async def serve_as_child(
    settings: Settings, listener: socket.socket, line: socket.socket, *, judged: str
) -> None:
    """Serve until told to drain, or until the supervisor is gone, which has `judged` the contract with this
    ETag."""
    line.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=line)
    logs = Logs()
    logs.hear_libraries()
    try:
        worker = Worker(settings, load(CONTRACT, judged=judged), metrics=Metrics(), logs=logs)
        writer.write(b'{"built": true}\n')
        if not await reader.readline():
            return
        await worker.start(listener)
    except Exception as failure:  # noqa: BLE001 (whatever it is, the supervisor says it and stops)
        writer.write(orjson.dumps({"failed": sentence_for(failure)}) + b"\n")
        await writer.drain()
        sys.exit(1)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.drain)
    writer.write(b'{"accepting": true}\n')

    async def follow_the_supervisor() -> None:
        await reader.read()
        worker.drain(within_s=ORPHAN_DRAIN_S)

    following = asyncio.create_task(follow_the_supervisor())
    await worker.stopped()
    following.cancel()


def main() -> None:
    """`python -m api.serve.worker LISTENER LINE ETAG`: two numbers of inherited descriptors, and the ETag of
    the contract that the supervisor has found valid."""
    gc.disable()
    listener, line = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_as_child(Settings.from_environment(), listener, line, judged=sys.argv[3]))


if __name__ == "__main__":
    main()
