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
_KEPT_CHARACTERS: Final = 4 * 1_048_576
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

    def begin(self, work: Coroutine[Any, Any, Answered]) -> None:
        """Go on by itself from now on."""
        self._task = asyncio.create_task(work)

    @property
    def task(self) -> asyncio.Task[Answered]:
        """The call itself, once it was begun."""
        assert self._task is not None, "it was begun"
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
        self._waiting += 1
        leaving = asyncio.create_task(presence.gone())
        try:
            await asyncio.wait({self.task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            self._waiting -= 1
            if not self._waiting and not self.task.done():
                self.interrupt()
        if self.task.done():
            return self.task.result()
        raise ClientGone


class Calls:
    """Those of this process."""

    def __init__(self) -> None:
        self._running: dict[Key | Running, Running] = {}
        self._kept: OrderedDict[Key, tuple[Answered, tuple[bytes, ...], float]] = OrderedDict()
        self._characters = 0

    def running(self, key: Key) -> Running | None:
        """The call under way under this key."""
        return self._running.get(key)

    def kept(self, key: Key) -> tuple[Answered, tuple[bytes, ...]] | None:
        """The answer to this key, and which request it was to."""
        self._forget_old()
        found = self._kept.get(key)
        return found[:2] if found is not None else None

    def begin(self, key: Key | None, running: Running, work: Coroutine[Any, Any, Answered]) -> Running:
        """Start a call. Its answer is kept for a while if it has a key."""
        named: Key | Running = key if key is not None else running
        running.begin(work)
        self._running[named] = running
        running.task.add_done_callback(lambda ended: self._ended(named, ended))
        return running

    def _ended(self, named: Key | Running, task: asyncio.Task[Answered]) -> None:
        running = self._running.pop(named)
        # It is asked for in any case: a failure that nobody waits for any more is nobody's.
        failed = task.cancelled() or task.exception() is not None
        if isinstance(named, Key) and not failed:
            self._keep(named, task.result(), running.fingerprints)

    def _keep(self, key: Key, answered: Answered, fingerprints: tuple[bytes, ...]) -> None:
        if len(answered.text) > _KEPT_CHARACTERS:
            return
        self._kept[key] = (answered, fingerprints, time.monotonic())
        self._characters += len(answered.text)
        while len(self._kept) > _KEPT_AT_MOST or self._characters > _KEPT_CHARACTERS:
            self._forget_oldest()

    def _forget_old(self) -> None:
        while self._kept and next(iter(self._kept.values()))[2] < time.monotonic() - _KEPT_FOR_S:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, (answered, _, _) = self._kept.popitem(last=False)
        self._characters -= len(answered.text)

    async def close(self) -> None:
        """Leave all providers, and wait until what was under way is settled, some seconds at most."""
        under_way = list(self._running.values())
        for running in under_way:
            running.interrupt()
        if under_way:
            await asyncio.wait({running.task for running in under_way}, timeout=_END_S)
