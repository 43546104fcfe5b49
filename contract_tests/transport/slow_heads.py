"""Clients that keep a connection and hardly say anything, all at once, while everything else is tested."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from contract_tests.harness.server import ServerProcess
from contract_tests.wire.exchange import connected
from contract_tests.wire.requests import HOST, get

GIVE_UP_S = 40.0
HEAD_S = 15.0  # what the server gives a head


@dataclass(frozen=True, slots=True)
class Habit:
    """What a client says at first, and then every second. `after_one`: after a request that was answered."""

    first: bytes
    more: bytes = b""
    after_one: bool = False


HABITS = {
    "says nothing": Habit(b""),
    "half a head": Habit(b"GET /health HTTP/1.1\r\nHost: a\r\n"),
    "a letter a second": Habit(b"GET /health HTTP/1.1\r\nX-A: ", b"a"),
    "a field a second": Habit(b"GET /health HTTP/1.1\r\n", b"X-A: a\r\n"),
    "an empty line a second": Habit(b"\r\n", b"\r\n"),
    "slow after an answer": Habit(b"GET /health HTTP/1.1\r\nX-A: ", b"a", after_one=True),
}


class SlowClients:
    """One thread for each habit."""

    def __init__(self, server: ServerProcess) -> None:
        self._leaving = threading.Event()
        self._threads = ThreadPoolExecutor(len(HABITS), thread_name_prefix="slow")
        self._waiting: dict[str, Future[float]] = {
            name: self._threads.submit(self._until_closed, server, habit) for name, habit in HABITS.items()
        }

    def seconds(self, habit: str) -> float:
        """From a client's first byte until the server closed its connection. Raises AssertionError if it does
        not."""
        return self._waiting[habit].result(GIVE_UP_S)

    def leave(self) -> None:
        """Close what is still open."""
        self._leaving.set()
        self._threads.shutdown()

    def _until_closed(self, server: ServerProcess, habit: Habit) -> float:
        with connected(server) as connection:
            if habit.after_one:
                connection.send(get(common=(HOST,)).sent)
                assert connection.answer() is not None
            started = time.monotonic()
            connection.send(habit.first)
            connection.socket.settimeout(1.0)
            while time.monotonic() - started < GIVE_UP_S and not self._leaving.is_set():
                try:
                    assert connection.socket.recv(65_536) == b"", "an answer to half a request"
                except TimeoutError:
                    connection.send(habit.more)
                    continue
                except ConnectionError:
                    pass
                return time.monotonic() - started
        raise AssertionError(f"still open after {time.monotonic() - started:.0f} s")
