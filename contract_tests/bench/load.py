"""Drives a server over kept connections for a time and says what came back: `wrk` if installed, else our own.

The two agree on what they report, not on how fast they are: a run uses one of them for both sides and says
which.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import uvloop

from contract_tests.bench.measured_call import PATH, request

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Driven:
    """What came back: requests answered, seconds it took, and latencies in milliseconds."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float


class NotAnswered(Exception):
    """A server answered with something else than 200, or not at all: nothing was measured."""


def driver() -> str:
    """The name of the load generator that this machine has."""
    return "wrk" if shutil.which("wrk") else "asyncio"


def drive(port: int, *, token: str, seconds: float) -> Driven:
    """Send the measured call as fast as it is answered, over 16 connections. Raises NotAnswered."""
    if driver() == "wrk" and seconds >= 1:
        return _by_wrk(port, token, round(seconds))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_by_asyncio(port, token, seconds))


def _by_wrk(port: int, token: str, seconds: int) -> Driven:
    said = subprocess.run(
        [
            "wrk", "--latency", "--threads", "1", "--connections", str(CONNECTIONS),
            "--duration", f"{seconds}s", "--header", f"Authorization: Bearer {token}", f"http://127.0.0.1:{port}{PATH}",
        ],
        check=True, capture_output=True, text=True, timeout=seconds + 30,
    ).stdout  # fmt: skip
    if "Non-2xx" in said or "Socket errors" in said:
        raise NotAnswered(said)
    counted = re.search(r"(\d+) requests in ([\d.]+)(m?s)", said)
    if counted is None:
        raise NotAnswered(said)
    took = float(counted[2]) * (1 if counted[3] == "s" else 0.001)
    return Driven(int(counted[1]), took, _latency_ms(said, "50%"), _latency_ms(said, "99%"))


def _latency_ms(said: str, share: str) -> float:
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said)
    if found is None:
        raise NotAnswered(said)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


async def _by_asyncio(port: int, token: str, seconds: float) -> Driven:
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    until = perf_counter() + seconds
    connections = []
    for _ in range(CONNECTIONS):
        _, protocol = await loop.create_connection(
            lambda: _Connection(request(token), latencies, until), "127.0.0.1", port
        )
        connections.append(protocol)
    started = perf_counter()
    await asyncio.gather(*(connection.done for connection in connections))
    took = perf_counter() - started
    latencies.sort()
    return Driven(len(latencies), took, _share_ms(latencies, 0.5), _share_ms(latencies, 0.99))


def _share_ms(latencies: list[float], share: float) -> float:
    if not latencies:
        raise NotAnswered("No request was answered.")
    return latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000


class _Connection(asyncio.Protocol):
    """One kept connection with one request under way. Reads just enough HTTP to know where an answer ends."""

    def __init__(self, request: bytes, latencies: list[float], until: float) -> None:
        self._request = request
        self._latencies = latencies
        self._until = until
        self._received = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            self._fail(head.decode(errors="replace"))
        elif len(body) >= int(length[1]):
            self._received = b""
            now = perf_counter()
            self._latencies.append(now - self._sent)
            if now < self._until:
                self._send()
            else:
                self._transport.close()

    def connection_lost(self, failure: Exception | None) -> None:
        if self.done.done():
            return
        if self._received or failure is not None:
            self._fail(f"The connection ended: {failure}")
        else:
            self.done.set_result(None)

    def _send(self) -> None:
        self._sent = perf_counter()
        self._transport.write(self._request)

    def _fail(self, said: str) -> None:
        if not self.done.done():
            self.done.set_exception(NotAnswered(said))
        self._transport.close()
