"""Keeps the embedded PostgreSQL running for as long as the server does.

PostgreSQL repairs itself when one of its processes crashes, but not when its first one is killed (by the
kernel short of memory, by a person). A thread looks every half second whether that process is there, and
starts PostgreSQL again when it is not. Requests are answered with 503 meanwhile; connections that broke are
replaced when they are next asked for, so neither the server nor its workers have to start again.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from api.logs import Event, Logs, frames_of
from api.serve.pauses import Pauses
from persistence.embedded import EmbeddedPostgres, EmbeddedPostgresError

LOOK_EVERY_S: Final = 0.5


class DatabaseWatch:
    """The watch over one use of the embedded server. `run` is for a thread of its own, `end` for any."""

    def __init__(self, server: EmbeddedPostgres, *, logs: Logs) -> None:
        self._server = server
        self._logs = logs
        self._ended = threading.Event()

    def run(self) -> None:
        """Keep the server, which has started, running until `end`. No failure ends it."""
        pauses, since = Pauses(), time.monotonic()
        while not self._ended.wait(LOOK_EVERY_S):
            if self._server.is_running():
                continue
            died = time.monotonic()
            self._logs.emit(Event.DATABASE_DIED)
            lived_s = died - since
            while not self._ended.wait(pauses.next_s(lived_s=lived_s)):
                if self._revived():
                    since = time.monotonic()
                    self._logs.emit(Event.DATABASE_RESTARTED, after_ms=round((since - died) * 1_000))
                    break
                lived_s = 0

    def end(self) -> None:
        """Let `run` return: at once, or within some seconds if it is starting PostgreSQL."""
        self._ended.set()

    def _revived(self) -> bool:
        try:
            self._server.revive(self._unless_ended)
        except Exception as failure:  # noqa: BLE001 (whatever it is, it may be gone at the next attempt)
            if not self._ended.is_set():
                self._logs.emit(
                    Event.DATABASE_NOT_RESTARTED, exception=type(failure).__name__, frames=frames_of(failure)
                )
            return False
        return True

    def _unless_ended(self, progress: str) -> None:
        """Asked every few seconds: a repair that takes minutes is not waited for when the server stops."""
        if self._ended.is_set():
            raise EmbeddedPostgresError("The server stops.")
