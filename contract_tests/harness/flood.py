"""A flood: whole requests, sent as fast as they are answered or at a pace, over a few kept connections.

It reads just enough of an answer to count it; every so many answers are kept whole, for whoever wants to hold
them against the contract.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from contract_tests.harness.answer_reader import AnswerReader

KEPT_ONE_IN = 200


@dataclass(slots=True)
class Flooded:
    """How often each status was answered, how many refusals did not say when to come back, and the kept
    answers as status, header fields and body.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    kept: list[tuple[int, list[tuple[bytes, bytes]], bytes]] = field(default_factory=list)


async def flood(
    url: str,
    requests: Iterator[bytes],
    *,
    connections: int,
    interval_s: float = 0.0,
    answered: Callable[[int], None] = lambda number: None,
) -> Flooded:
    """Send them all. `interval_s` is the least time between two requests of a connection; `answered` is told
    how many answers there are. Raises ConnectionError when a connection ends before its answer.
    """
    loop, found = asyncio.get_running_loop(), Flooded()
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 80
    made = await asyncio.gather(
        *(
            loop.create_connection(lambda: _Source(requests, found, interval_s, answered), host, port)
            for _ in range(connections)
        )
    )
    await asyncio.gather(*(source.done for _, source in made))
    return found


class _Source(AnswerReader):
    """One connection with one request under way."""

    def __init__(
        self, requests: Iterator[bytes], found: Flooded, interval_s: float, answered: Callable[[int], None]
    ) -> None:
        self._requests = requests
        self._found = found
        self._interval_s = interval_s
        self._tell = answered
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._send()

    def _ended(self, failure: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(failure)

    def _answered(self, status: int, fields: list[tuple[bytes, bytes]], body: bytes) -> None:
        found = self._found
        found.statuses[status] += 1
        number = found.statuses.total()
        if number % KEPT_ONE_IN == 0:
            found.kept.append((status, fields, body))
        if status in (429, 503) and not any(name.lower() == b"retry-after" for name, _ in fields):
            found.without_retry_after += 1
        self._tell(number)
        due = self._sent + self._interval_s
        if due > self._loop.time():
            self._loop.call_at(due, self._send)
        else:
            self._loop.call_soon(self._send)

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            if not self.done.done():
                self.done.set_result(None)
            self._transport.close()
            return
        self._expect()
        self._sent = self._loop.time()
        self._transport.write(request)
