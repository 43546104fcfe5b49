"""The pool: a bounded number of connections, handed from one use to the next without a word to PostgreSQL.

A request uses a connection two or three times for less than a millisecond, so what the pool itself costs is
paid at every turn. An idle connection is therefore handed out at once, without a task, a timer or a lock;
only who has to wait for one, or to open one, pays for a time limit. Everything happens in one event loop, and
between two `await`s nobody interferes, which is all the locking there is.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

_MOST_USES: Final = 5_000_000  # bounds the memory of a backend
_LONGEST_IDLE_S: Final = 300.0  # a firewall may have forgotten it by then
_PATIENCE_S: Final = 10.0


class _Kept:
    """What the pool remembers of a connection."""

    __slots__ = ("generation", "idle_since", "uses")

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.uses = 0
        self.idle_since = 0.0


class PoolUsage(NamedTuple):
    """A pool at one moment: connections, who waits for one, and since its making how often somebody waited
    or got none in time."""

    size: int
    in_use: int
    idle: int
    waiting: int
    waits: int
    timeouts: int


class Pool:
    """At most `size` connections made by `connect`. Opens none before it is needed.

    A connection is replaced after `most_uses`, and when it was idle for `longest_idle_s` seconds. `close`
    waits `patience_s` seconds for those in use.
    """

    __slots__ = (
        "_closed", "_connect", "_generation", "_idle", "_kept", "_longest_idle_s", "_most_uses", "_opened",
        "_patience_s", "_size", "_timeouts", "_waiting", "_waits",
    )  # fmt: skip

    def __init__(
        self,
        connect: "Callable[[], Awaitable[Connection]]",
        *,
        size: int,
        most_uses: int = _MOST_USES,
        longest_idle_s: float = _LONGEST_IDLE_S,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._connect = connect
        self._size = size
        self._most_uses = most_uses
        self._longest_idle_s = longest_idle_s
        self._patience_s = patience_s
        self._opened = 0  # those being opened and those in use included
        self._kept: dict[Connection, _Kept] = {}
        self._idle: deque[Connection] = deque()  # the one used last is the next, so that the others can age
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._generation = 0
        self._closed = False
        self._waits = 0
        self._timeouts = 0

    @property
    def size(self) -> int:
        """The most connections that it opens."""
        return self._size

    @property
    def in_use(self) -> int:
        """Connections that are handed out or being opened now."""
        return self._opened - len(self._idle)

    @property
    def usage(self) -> PoolUsage:
        """How it stands at this moment."""
        waiting = sum(not place.done() for place in self._waiting)
        return PoolUsage(self._size, self.in_use, len(self._idle), waiting, self._waits, self._timeouts)

    def acquire_idle(self) -> "Connection | None":
        """An idle connection, for `release` to give back; None when there is none at this moment."""
        while self._idle:
            connection = self._idle.pop()
            kept = self._kept[connection]
            if not connection.is_closed() and monotonic() - kept.idle_since <= self._longest_idle_s:
                kept.uses += 1
                return connection
            self._drop(connection)
            self._opened -= 1
        return None

    async def acquire(self, within_s: float) -> "Connection":
        """A connection, waited for or opened, for `release` to give back.

        Raises TimeoutError after `within_s` seconds, what `connect` raises, and InterfaceError once closed.
        """
        connection = self.acquire_idle()
        if connection is not None:
            return connection
        if self._closed:
            raise asyncpg.InterfaceError("the pool is closed")
        until = monotonic() + within_s
        try:
            if self._opened >= self._size:
                connection = await self._wait(within_s)
                if connection is not None:
                    return connection
            else:
                self._opened += 1
            return await self._open(until - monotonic())
        except TimeoutError:
            self._timeouts += 1
            raise

    def release(self, connection: "Connection") -> None:
        """Give a connection back. It is closed instead of kept when it is broken, old, or not at rest."""
        kept = self._kept.get(connection)
        if kept is None:
            return
        if (
            kept.generation == self._generation
            and kept.uses < self._most_uses
            and not self._closed
            and not connection.is_closed()
            and not connection.is_in_transaction()
        ):
            self._hand_on(connection)
        else:
            self._drop(connection)
            self._hand_on(None)

    def renew(self) -> None:
        """Let every connection be replaced before its next use."""
        self._generation += 1
        while self._idle:
            self._drop(self._idle.pop())
            self._opened -= 1

    async def close(self) -> None:
        """Close every connection, waiting for those in use for a while; then they are cut off."""
        self._closed = True
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(asyncpg.InterfaceError("the pool is closed"))
        until = monotonic() + self._patience_s
        while self._idle or (self._kept and monotonic() < until):
            if self._idle:
                await self._close_one(self._idle.pop())
            else:
                await asyncio.sleep(0.01)  # a user gives its connection back, or the time is over
        for connection in [*self._kept]:
            self._drop(connection)

    async def _open(self, within_s: float) -> "Connection":
        """Open a connection in a place that is already counted. Raises TimeoutError."""
        try:
            async with asyncio.timeout(within_s):
                connection = await self._connect()
        except BaseException:
            self._hand_on(None)
            raise
        kept = self._kept[connection] = _Kept(self._generation)
        kept.uses = 1
        return connection

    async def _wait(self, within_s: float) -> "Connection | None":
        """The next connection that is given back, or None for the right to open one. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        place: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(place)
        self._waits += 1
        limit = loop.call_later(within_s, _end_of_patience, place)  # a tenth of what asyncio.timeout takes
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._hand_on(place.result())  # it came at the very moment in which the wait ended
            raise
        finally:
            limit.cancel()

    def _hand_on(self, connection: "Connection | None") -> None:
        """Give a connection, or the place of one that is gone, to who has waited longest."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                if connection is not None:
                    self._kept[connection].uses += 1
                place.set_result(connection)
                return
        if connection is None:
            self._opened -= 1
        else:
            self._kept[connection].idle_since = monotonic()
            self._idle.append(connection)

    def _drop(self, connection: "Connection") -> None:
        del self._kept[connection]
        if not connection.is_closed():
            connection.terminate()

    async def _close_one(self, connection: "Connection") -> None:
        del self._kept[connection]
        self._opened -= 1
        try:
            await connection.close(timeout=1)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            connection.terminate()


def _end_of_patience(place: "asyncio.Future[Connection | None]") -> None:
    if not place.done():
        place.set_exception(TimeoutError())
