"""The database as the program sees it: a bounded pool of asyncpg connections, and units of work on them.

A connection that broke is replaced when it is next asked for, so the program outlives a restart of
PostgreSQL; until then callers get StoreUnavailable within a bounded time instead of waiting in line.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

import asyncpg
import orjson

from persistence.address import Address
from persistence.availability import StoreUnavailable, outage
from persistence.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from asyncpg.pool import Pool

    from persistence.unit_of_work import Connection

__all__ = ["Database", "StoreUnavailable"]

_FAILURES: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Everything that the driver and the network can raise."""
_COMMAND_TIMEOUT_S: Final = 15.0
_STATEMENTS_KEPT: Final = 1024
_QUERIES_PER_CONNECTION: Final = 5_000_000  # then it is replaced, which bounds the memory of its backend


class Database:
    """An open pool. Create it with ``connect``, in the event loop that will use it."""

    __slots__ = ("_acquire_timeout_s", "_pool")

    def __init__(self, pool: "Pool[asyncpg.Record]", *, acquire_timeout_s: float) -> None:
        self._pool = pool
        self._acquire_timeout_s = acquire_timeout_s

    @classmethod
    async def connect(
        cls, url: str, *, pool_size: int = 10, acquire_timeout_s: float = 5, at_once: bool = True
    ) -> Self:
        """Open a pool of at most ``pool_size`` connections, the first one at once.

        Without ``at_once`` none is opened before it is needed, and the database may be away.

        ``url`` is ``postgresql://…`` (libpq's form) or the URL of an embedded cluster (see
        ``persistence.address``). ``acquire_timeout_s`` bounds, in seconds, the wait for a free connection and
        for a new one. Raises StoreUnavailable with one sentence that names the server (never the password)
        when it cannot be reached or refuses us, ValueError when the URL is malformed.
        """
        address = Address.parse(url)

        async def connected(*_: object, **options: object) -> "asyncpg.Connection[asyncpg.Record]":
            return await address.open(**options)

        try:
            pool = await asyncpg.create_pool(
                connect=connected,
                init=_prepare_connection,
                reset=_leave_as_it_is,
                init_size=1 if at_once else 0,
                min_size=0,
                max_size=pool_size,
                max_queries=_QUERIES_PER_CONNECTION,
                command_timeout=_COMMAND_TIMEOUT_S,
                timeout=acquire_timeout_s,
                statement_cache_size=_STATEMENTS_KEPT,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
            )
        except _FAILURES as error:
            raise StoreUnavailable(address.complaint(error)) from error
        return cls(pool, acquire_timeout_s=acquire_timeout_s)

    async def close(self) -> None:
        """Close every connection, waiting up to 10 s for those in use; then they are cut off."""
        try:
            async with asyncio.timeout(10):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    def unit_of_work(self) -> UnitOfWork:
        """A new unit of work. It takes no connection before its first use."""
        return UnitOfWork(self)

    async def ping(self) -> None:
        """One round trip. Raises StoreUnavailable."""
        connection = await self.acquire()
        try:
            await connection.execute("SELECT 1", timeout=self._acquire_timeout_s)
        except _FAILURES as error:
            raise StoreUnavailable("The database does not answer.") from error
        finally:
            await self.release(connection)

    async def acquire(self) -> "Connection":
        """A connection of the pool, for ``release`` to give back. Raises StoreUnavailable within the acquire
        limit."""
        try:
            async with asyncio.timeout(self._acquire_timeout_s):
                return await self._pool.acquire()
        except _FAILURES as error:
            # Whatever keeps us from a connection (refused, starting up, password changed meanwhile) is an
            # outage.
            raise outage(error) or StoreUnavailable("No connection to the database can be had.") from error

    async def release(self, connection: "Connection") -> None:
        """Give a connection back. A broken one is dropped; never raises because of the database."""
        with suppress(*_FAILURES):  # the pool has then closed the connection in question
            await self._pool.release(connection, timeout=self._acquire_timeout_s)

    async def renew(self) -> None:
        """Let every connection be replaced before its next use."""
        await self._pool.expire_connections()


async def _prepare_connection(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_json_text, decoder=orjson.loads, format="text"
        )


def _json_text(value: object) -> str:
    return orjson.dumps(value).decode()


async def _leave_as_it_is(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """In place of the pool's reset query, a round trip after each use: nothing here leaves session state
    behind, and an open transaction is rolled back by the pool before it calls this."""
