"""The one worker of a server that has only one: it shares the supervisor's process, and its memory."""

from __future__ import annotations

import socket

from api.contract.document import Document
from api.logs import Logs
from api.metrics import Metrics
from api.serve.worker import Worker
from api.settings import Settings


class Alone:
    """A worker in this process's event loop, with the face of a fleet."""

    def __init__(
        self, settings: Settings, document: Document, listener: socket.socket, *, logs: Logs
    ) -> None:
        self._metrics = Metrics()
        self._worker = Worker(settings, document, metrics=self._metrics, logs=logs)
        self._listener = listener

    async def start(self) -> None:
        """Return when requests are accepted. Raises what kept the application from starting."""
        await self._worker.start(self._listener)

    def missing(self) -> int:
        """A worker in this process is there for as long as the process is."""
        return 0

    def drain(self) -> None:
        """Stop accepting and finish what is being answered. Asked twice, cut it short."""
        self._worker.drain()

    async def stopped(self) -> None:
        """Return when the last answer is sent."""
        await self._worker.stopped()

    def counts(self) -> bytes:
        """What was counted, in Prometheus' text format."""
        return self._metrics.exposition()
