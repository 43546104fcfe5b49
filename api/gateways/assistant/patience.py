"""A time limit for one wait after the other.

`asyncio.timeout` sets a timer for each wait and may not be open while a generator has yielded: whoever is
being given the pieces would be cut off. This one sets a timer now and then, which only ever looks at a wait
that is under way.
"""

from __future__ import annotations

import asyncio
from types import TracebackType


class Patience:
    """`async with` around each wait, after `until` was set: raises TimeoutError when it is over. `close` ends
    it."""

    def __init__(self, *, until: float) -> None:
        """`until` is by the loop's clock."""
        self.until = until
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._cancelling = 0
        self._over = False

    def __enter__(self) -> None:
        if self._timer is None or self._timer.when() > self.until:
            self._set()
        self._waiting = task = asyncio.current_task()
        assert task is not None, "only a task waits"
        self._cancelling = task.cancelling()

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._waiting = self._waiting, None
        if self._over:
            self._over = False
            assert task is not None
            if task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
                raise TimeoutError from failure

    def close(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()

    def _set(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self.until, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._loop.time() < self.until:
            self._set()
        elif self._waiting is not None:
            self._over = True
            self._waiting.cancel()
