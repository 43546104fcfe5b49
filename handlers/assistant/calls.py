"""The calls of this process that are under way, and the answers that can still be given twice.

A call goes on by itself, whoever waits for it: several do when the same request was sent again. When the last
of them has left, the provider is left too. Answers are kept in memory only, few, small and for minutes, and
only those that were asked for under a key.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from handlers.presence import ClientGone, Presence

_KEPT_FOR_S: Final = 600.0
_KEPT_AT_MOST: Final = 128
_KEPT_BYTES: Final = 4 * 1_048_576
_END_S: Final = 10.0  # what is under way when the server stops has this long to settle


@dataclass(frozen=True, slots=True)
class Key:
    """A person's name for a request."""

    user_id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that was answered and paid."""

    model: str
    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    credits: int
    balance: int


class Running:
    """One call under way. `fingerprints` say which request it is, and `interrupt` leaves its provider."""

    def __init__(self, fingerprints: tuple[bytes, ...] = ()) -> None:
        self.fingerprints = fingerprints
        self._left = False
        self._waiting = 0
        self._asking: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Answered] | None = None

    def begin(self, work: Coroutine[Any, Any, Answered]) -> asyncio.Task[Answered]:
        """Go on by itself from now on."""
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(_heard_of)
        return self._task

    async def asking(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the part that may be cut short; False when it was. Raises what it raises."""
        if self._left:
            work.close()
            return False
        self._asking = asyncio.create_task(work)
        try:
            await asyncio.wait({self._asking})
        finally:
            self._asking.cancel()  # for when the server goes down; otherwise it has ended
        if self._asking.cancelled():
            return False
        self._asking.result()
        return True

    def interrupt(self) -> None:
        """Nobody waits any more."""
        self._left = True
        if self._asking is not None:
            self._asking.cancel()

    async def answer(self, presence: Presence) -> Answered:
        """Wait for it with a client. Raises what the call raises, and ClientGone when the client leaves."""
        assert self._task is not None, "it was begun"
        self._waiting += 1
        leaving = asyncio.create_task(presence.gone())
        try:
            await asyncio.wait({self._task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                self.interrupt()
        if self._task.done():
            return self._task.result()
        raise ClientGone


class Calls:
    """Those of this process."""

    def __init__(self) -> None:
        self._running: dict[Key | Running, tuple[Running, asyncio.Task[Answered]]] = {}
        self._kept: OrderedDict[Key, tuple[Answered, tuple[bytes, ...], float]] = OrderedDict()
        self._bytes = 0

    def running(self, key: Key) -> Running | None:
        """The call under way under this key."""
        found = self._running.get(key)
        return found[0] if found is not None else None

    def kept(self, key: Key) -> tuple[Answered, tuple[bytes, ...]] | None:
        """The answer to this key, and which request it was to."""
        self._forget_old()
        found = self._kept.get(key)
        return found[:2] if found is not None else None

    def begin(self, key: Key | None, running: Running, work: Coroutine[Any, Any, Answered]) -> Running:
        """Start a call. Its answer is kept for a while if it has a key."""
        named: Key | Running = key if key is not None else running
        task = running.begin(work)
        self._running[named] = (running, task)
        task.add_done_callback(lambda ended: self._ended(named, running, ended))
        return running

    def _ended(self, named: Key | Running, running: Running, task: asyncio.Task[Answered]) -> None:
        del self._running[named]
        if isinstance(named, Key) and not task.cancelled() and task.exception() is None:
            self._keep(named, task.result(), running.fingerprints)

    def _keep(self, key: Key, answered: Answered, fingerprints: tuple[bytes, ...]) -> None:
        if len(answered.text) > _KEPT_BYTES:
            return
        self._kept[key] = (answered, fingerprints, time.monotonic())
        self._bytes += len(answered.text)
        while len(self._kept) > _KEPT_AT_MOST or self._bytes > _KEPT_BYTES:
            self._forget_oldest()

    def _forget_old(self) -> None:
        while self._kept and next(iter(self._kept.values()))[2] < time.monotonic() - _KEPT_FOR_S:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, (answered, _, _) = self._kept.popitem(last=False)
        self._bytes -= len(answered.text)

    async def close(self) -> None:
        """Leave all providers, and wait until what was under way is settled, some seconds at most."""
        under_way = list(self._running.values())
        for running, _ in under_way:
            running.interrupt()
        if under_way:
            await asyncio.wait({task for _, task in under_way}, timeout=_END_S)


def _heard_of(task: asyncio.Task[Answered]) -> None:
    """A failure that nobody waits for any more is nobody's."""
    if not task.cancelled():
        task.exception()
