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


async def at_a_rate(
    port: int, calls: Sequence[Call], *, connections: int, per_s: float, seconds: float
) -> list[float]:
    """Send the calls in turn, so many each second whether or not the earlier ones were answered; the
    latencies in seconds, from when each was due. Raises NotAnswered.
    """
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    idle = asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()
    for each in opened:
        idle.put_nowait(each)
    latencies: list[float] = []

    async def send(request: bytes, due: float) -> None:
        connection = await idle.get()
        await _exchange(*connection, request)
        latencies.append(perf_counter() - due)
        idle.put_nowait(connection)

    began = perf_counter()
    try:
        async with asyncio.TaskGroup() as sending:
            for number, call in zip(range(int(per_s * seconds)), cycle(calls)):
                due = began + number / per_s
                await asyncio.sleep(max(0.0, due - perf_counter()))
                sending.create_task(send(call.raw, due))
    finally:
        for _, writer in opened:
            writer.close()
    return latencies


async def one_by_one(port: int, calls: Sequence[Call]) -> Finished:
    """Send each call once, over one connection. Raises NotAnswered."""
    return await _run(port, iter([call.raw for call in calls]), connections=1, goes_on=lambda: True)


async def in_turn(sides: Sequence[tuple[int, Sequence[Call]]]) -> list[list[float]]:
    """Send each side's calls once, call by call in turn and each side first as often as the others; the
    latencies in seconds by side. A side is a port and its calls; the shortest decides how many are sent.
    Raises NotAnswered.

    What else the machine does while this goes on falls on all sides alike.
    """
    opened = [await asyncio.open_connection("127.0.0.1", port) for port, _ in sides]
    latencies: list[list[float]] = [[] for _ in sides]
    try:
        for number, calls in enumerate(zip(*(calls for _, calls in sides), strict=False)):
            for step in range(len(sides)):
                place = (number + step) % len(sides)
                latencies[place].append(await _exchange(*opened[place], calls[place].raw))
    finally:
        for _, writer in opened:
            writer.close()
    return latencies


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> float:
    sent = perf_counter()
    writer.write(request)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
    except (asyncio.IncompleteReadError, OSError) as failure:
        raise NotAnswered(f"The connection ended: {failure}") from failure
    seconds = perf_counter() - sent
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        raise NotAnswered((head + body).decode(errors="replace"))
    return seconds


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
