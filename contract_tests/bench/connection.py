"""Our own driver's connections: each with one request under way, reading just enough HTTP to know where an
answer ends.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter
from typing import cast

from contract_tests.bench.call import Call

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class NotAnswered(Exception):
    """A server answered with something else than 200, or not at all: nothing was measured."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The latency of each answer in seconds, in the order in which they came, and how long all took."""

    latencies: list[float]
    seconds: float


async def as_fast_as_answered(
    port: int, calls: Sequence[Call], *, connections: int, seconds: float
) -> Finished:
    """Send the calls in turn and over again for some seconds. Raises NotAnswered."""
    until = perf_counter() + seconds
    requests = cycle([call.raw for call in calls])
    return await _run(port, requests, connections=connections, goes_on=lambda: perf_counter() < until)


async def one_by_one(port: int, calls: Sequence[Call]) -> Finished:
    """Send each call once, over one connection. Raises NotAnswered."""
    return await _run(port, iter([call.raw for call in calls]), connections=1, goes_on=lambda: True)


async def _run(
    port: int, requests: Iterator[bytes], *, connections: int, goes_on: Callable[[], bool]
) -> Finished:
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    opened = []
    for _ in range(connections):
        _, protocol = await loop.create_connection(
            lambda: _Connection(requests, latencies, goes_on), "127.0.0.1", port
        )
        opened.append(protocol)
    started = perf_counter()
    await asyncio.gather(*(each.done for each in opened))
    return Finished(latencies, perf_counter() - started)


class _Connection(asyncio.Protocol):
    def __init__(
        self, requests: Iterator[bytes], latencies: list[float], goes_on: Callable[[], bool]
    ) -> None:
        self._requests = requests
        self._latencies = latencies
        self._goes_on = goes_on
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
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            self._fail((head + body).decode(errors="replace"))
        elif len(body) >= int(length[1]):
            self._received = b""
            self._latencies.append(perf_counter() - self._sent)
            self._send()

    def connection_lost(self, failure: Exception | None) -> None:
        if self.done.done():
            return
        if self._received or failure is not None:
            self._fail(f"The connection ended: {failure}")
        else:
            self.done.set_result(None)

    def _send(self) -> None:
        request = next(self._requests, None) if self._goes_on() else None
        if request is None:
            self._transport.close()
            return
        self._sent = perf_counter()
        self._transport.write(request)

    def _fail(self, said: str) -> None:
        if not self.done.done():
            self.done.set_exception(NotAnswered(said))
        self._transport.close()
