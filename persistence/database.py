"""The database as the program sees it: a bounded pool of asyncpg connections, and units of work on them.

A connection that broke is replaced when it is next asked for, so the program outlives a restart of
PostgreSQL; until then callers get StoreUnavailable within a bounded time instead of waiting in line.
"""

from typing import TYPE_CHECKING, Final, Self

import asyncpg
import orjson

from persistence.address import Address
from persistence.availability import StoreUnavailable, outage
from persistence.pool import Pool, PoolUsage
from persistence.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from persistence.pool import Connection

__all__ = ["Database", "StoreUnavailable"]

_FAILURES: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Everything that the driver and the network can raise."""
_STATEMENTS_KEPT: Final = 1024


class Database:
    """An open pool. Create it with ``connect``, in the event loop that will use it."""

    __slots__ = ("_acquire_timeout_s", "_pool")

    def __init__(self, pool: Pool, *, acquire_timeout_s: float) -> None:
        self._pool = pool
        self._acquire_timeout_s = acquire_timeout_s

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        pool_size: int = 10,
        acquire_timeout_s: float = 5,
        statement_timeout_s: float = 15,
        at_once: bool = True,
    ) -> Self:
        """Open a pool of at most ``pool_size`` connections, the first one at once.

        Without ``at_once`` none is opened before it is needed, and the database may be away.

        ``url`` is ``postgresql://…`` (libpq's form) or the URL of an embedded cluster (see
        ``persistence.address``). ``acquire_timeout_s`` bounds, in seconds, the wait for a free connection and
        for a new one, ``statement_timeout_s`` the wait for each answer. Raises StoreUnavailable with one
        sentence that names the server (never the password) when it cannot be reached or refuses us,
        ValueError when the URL is malformed.
        """
        address = Address.parse(url)

        async def connected() -> "Connection":
            connection = await address.open(
                command_timeout=statement_timeout_s,
                timeout=acquire_timeout_s,
                statement_cache_size=_STATEMENTS_KEPT,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
            )
            try:
                await _prepare_connection(connection)
            except BaseException:
                connection.terminate()
                raise
            return connection

        pool = Pool(connected, size=pool_size)
        if at_once:
            try:
                pool.release(await pool.acquire(acquire_timeout_s))
            except _FAILURES as error:
                raise StoreUnavailable(address.complaint(error)) from error
        return cls(pool, acquire_timeout_s=acquire_timeout_s)

    async def close(self) -> None:
        """Close every connection, waiting up to 10 s for those in use; then they are cut off."""
        await self._pool.close()

    def unit_of_work(self) -> UnitOfWork:
        """A new unit of work. It takes no connection before its first use."""
        return UnitOfWork(self)

    async def ping(self) -> None:
        """One round trip. Raises StoreUnavailable."""
        connection = self.acquire_idle() or await self.acquire()
        try:
            await connection.execute("SELECT 1", timeout=self._acquire_timeout_s)
        except asyncpg.PostgresError as error:
            raise StoreUnavailable("The database does not answer.") from error
        except BaseException as error:
            connection.terminate()  # nobody knows what is still under way on it
            if isinstance(error, _FAILURES):
                raise StoreUnavailable("The database does not answer.") from error
            raise
        finally:
            self.release(connection)

    def acquire_idle(self) -> "Connection | None":
        """A connection of the pool, for ``release`` to give back, or None when none is idle: then ask
        ``acquire``."""
        return self._pool.acquire_idle()

    async def acquire(self) -> "Connection":
        """A connection of the pool, for ``release`` to give back. Raises StoreUnavailable within the acquire
        limit."""
        try:
            return await self._pool.acquire(self._acquire_timeout_s)
        except _FAILURES as error:
            # Whatever keeps us from a connection (refused, starting up, password changed meanwhile) is an
            # outage.
            raise outage(error) or StoreUnavailable("No connection to the database can be had.") from error

    def release(self, connection: "Connection") -> None:
        """Give a connection back. A broken one, or one in a transaction, is closed; asks PostgreSQL
        nothing."""
        self._pool.release(connection)

    @property
    def usage(self) -> PoolUsage:
        """How the pool stands at this moment."""
        return self._pool.usage

    def renew(self) -> None:
        """Let every connection be replaced before its next use."""
        self._pool.renew()


async def _prepare_connection(connection: "Connection") -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_json_text, decoder=orjson.loads, format="text"
        )


def _json_text(value: object) -> str:
    return orjson.dumps(value).decode()
