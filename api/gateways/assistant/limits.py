"""How long a provider may take, and how many questions one worker has under way with it at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from handlers.ports import UpstreamFailed


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, and questions. `first_s` is from the question to the answer's first word, another attempt
    included; `between_s` from one word to the next; `total_s` until the end. `wait_s` is spent in line before
    that, by `waiting` questions at most.
    """

    connect_s: float = 5.0
    first_s: float = 60.0
    between_s: float = 30.0
    total_s: float = 180.0
    at_once: int = 64
    waiting: int = 64
    wait_s: float = 10.0


OUTSIDE: Final = Limits()
LOCAL: Final = Limits(connect_s=2.0, at_once=2, waiting=6, wait_s=30.0)
"""The local model has two slots and two cores: whoever would wait for longer had better come back."""


class Line:
    """The line in front of one provider. Entering it waits for a turn; raises UpstreamFailed `queue_full`
    when too many wait already, or the turn does not come in time.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.at_once)
        self._waiting = 0

    async def __aenter__(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
        elif self._waiting >= self._limits.waiting or not await self._turn_came():
            raise UpstreamFailed("queue_full")

    async def __aexit__(self, *failure: object) -> None:
        self._turns.release()

    async def _turn_came(self) -> bool:
        self._waiting += 1
        try:
            async with asyncio.timeout(self._limits.wait_s):
                return await self._turns.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
