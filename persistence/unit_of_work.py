"""The unit of work: everything one request, command or job does to the database, and when it becomes final.

Reads before the first write run on their own, each on a pool connection that is given back at once, so that
nothing is held while a handler computes. The first write opens a transaction. What is only to be done if all
goes well is deferred to ``commit``, and a lone deferred statement costs one round trip instead of three.
Nobody below the boundary (the engine, the command line, a job) commits.
"""

from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias, TypeVar

import asyncpg

from persistence.availability import outage
from persistence.statement import Statement

if TYPE_CHECKING:
    from persistence.database import Database
    from persistence.pool import Connection

Record: TypeAlias = asyncpg.Record
"""One row: ``record["column"]``. timestamptz is an aware datetime, inet an ``ipaddress`` object, arrays are
lists, json is decoded."""

_Result = TypeVar("_Result")


class TransactionLost(Exception):
    """``commit`` found a transaction that PostgreSQL had already given up because an earlier statement of it
    failed and the failure was swallowed. Nothing was stored. A defect of the caller."""


class _Deferred(NamedTuple):
    statement: Statement
    arguments: tuple[object, ...]
    otherwise: Callable[[], Exception] | None


class UnitOfWork:
    """Reads, writes and one commit, for one task at a time.

    Every method raises ``StoreUnavailable`` when the database cannot serve it (see
    ``persistence.availability``); other database errors propagate. After a failed write only ``rollback``
    makes sense. After ``commit`` or ``rollback`` the object may be used again and starts afresh. As an async
    context manager it commits when the block ends and rolls back when it raises.
    """

    __slots__ = ("_connection", "_database", "_deferred")

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._connection: Connection | None = None
        self._deferred: list[_Deferred] = []

    async def row(self, statement: Statement, /, **values: object) -> Record | None:
        """The first row, or None. Sees the open transaction's own writes when there is one."""
        arguments = statement.arguments(values)
        return await self._read(lambda connection: connection.fetchrow(statement.sql, *arguments))

    async def rows(self, statement: Statement, /, **values: object) -> list[Record]:
        """All rows. Sees the open transaction's own writes when there is one."""
        arguments = statement.arguments(values)
        return await self._read(lambda connection: connection.fetch(statement.sql, *arguments))

    async def write(self, statement: Statement, /, **values: object) -> Record | None:
        """Run a change inside the transaction, opening it (READ COMMITTED) if need be; its first row or
        None."""
        arguments = statement.arguments(values)
        return await self._write(lambda connection: connection.fetchrow(statement.sql, *arguments))

    async def write_rows(self, statement: Statement, /, **values: object) -> list[Record]:
        """Like ``write``, returning every row."""
        arguments = statement.arguments(values)
        return await self._write(lambda connection: connection.fetch(statement.sql, *arguments))

    async def alone(self, statement: Statement, /, **values: object) -> Record | None:
        """Run one change that is final when this returns, in one round trip; its first row or None.

        For what must be stored before an outside service is asked, and for its outcome afterwards: everything
        else becomes final with ``commit``. Raises RuntimeError when this unit has an open transaction, and
        OutcomeUnknown like ``commit``.
        """
        if self._connection is not None:
            raise RuntimeError("a change on its own does not belong into an open transaction")
        arguments = statement.arguments(values)
        return await self._read(
            lambda connection: connection.fetchrow(statement.sql, *arguments), finishing=True
        )

    def defer(
        self, statement: Statement, /, *, otherwise: Callable[[], Exception] | None = None, **values: object
    ) -> None:
        """Run ``statement`` at ``commit``, after everything else and in the order of deferral.

        If it returns no row and ``otherwise`` is given, everything is rolled back and the exception that
        ``otherwise`` makes is raised from ``commit``. Raises TypeError at once for wrong values.
        """
        self._deferred.append(_Deferred(statement, statement.arguments(values), otherwise))

    async def commit(self) -> None:
        """Run what was deferred and make everything final; without any write or deferral, do nothing.

        When it raises, nothing of this unit is stored, with one exception that no client can exclude: if the
        connection breaks between the order to commit and its confirmation, the outcome is unknown, and the
        StoreUnavailable is an OutcomeUnknown.
        """
        deferred, self._deferred = self._deferred, []
        if self._connection is None:
            if not deferred:
                return
            if len(deferred) == 1 and _may_run_alone(deferred[0]):
                await self._commit_alone(deferred[0])
                return
        try:
            for each in deferred:
                _insist(each, await self._write(_fetching(each)))
            if self._connection is not None:
                status = await self._run(self._connection, _committing, finishing=True)
                if status != "COMMIT":
                    raise TransactionLost("an earlier statement of the transaction failed")
        except BaseException:
            await self.rollback()
            raise
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._database.release(connection)

    async def rollback(self) -> None:
        """Undo the open transaction, forget what was deferred and give the connection back.

        Never raises StoreUnavailable: a connection that cannot roll back is closed, which rolls back as well.
        """
        self._deferred.clear()
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if not connection.is_closed():
                await connection.execute("ROLLBACK")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            _terminate(connection)
        except BaseException:  # cancelled meanwhile: do not keep the task waiting for the server
            _terminate(connection)
            raise
        finally:
            self._database.release(connection)

    async def _commit_alone(self, only: _Deferred) -> None:
        _insist(only, await self._read(_fetching(only), finishing=True))

    async def _read(
        self, work: "Callable[[Connection], Coroutine[object, object, _Result]]", *, finishing: bool = False
    ) -> _Result:
        if self._connection is not None:
            return await self._run(self._connection, work)
        connection = self._database.acquire_idle() or await self._database.acquire()
        try:
            return await self._run(connection, work, finishing=finishing)
        finally:
            self._database.release(connection)

    async def _write(self, work: "Callable[[Connection], Coroutine[object, object, _Result]]") -> _Result:
        if self._connection is None:
            self._connection = self._database.acquire_idle() or await self._database.acquire()
            try:
                await self._run(self._connection, _beginning)
            except BaseException:
                await self.rollback()
                raise
        return await self._run(self._connection, work)

    async def _run(
        self,
        connection: "Connection",
        work: "Callable[[Connection], Coroutine[object, object, _Result]]",
        *,
        finishing: bool = False,
    ) -> _Result:
        try:
            return await work(connection)
        except BaseException as error:
            lost = connection.is_closed()
            if not lost and not isinstance(error, asyncpg.PostgresError):
                connection.terminate()  # nobody knows what is still under way on it
            unavailable = outage(error, connection_lost=lost, finishing=finishing)
            if unavailable is None:
                raise
            if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                self._database.renew()  # the pool still points at a former primary
            raise unavailable from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.commit()
        else:
            await self.rollback()


def _beginning(connection: "Connection") -> Coroutine[object, object, str]:
    return connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")


def _committing(connection: "Connection") -> Coroutine[object, object, str]:
    return connection.execute("COMMIT")


def _fetching(deferred: _Deferred) -> "Callable[[Connection], Coroutine[object, object, Record | None]]":
    return lambda connection: connection.fetchrow(deferred.statement.sql, *deferred.arguments)


def _may_run_alone(deferred: _Deferred) -> bool:
    """A statement that may have to be undone needs a transaction around it."""
    return deferred.otherwise is None or deferred.statement.no_row_means_no_change


def _insist(deferred: _Deferred, row: Record | None) -> None:
    if row is None and deferred.otherwise is not None:
        raise deferred.otherwise()


def _terminate(connection: "Connection") -> None:
    if not connection.is_closed():
        connection.terminate()
