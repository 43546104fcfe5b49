"""Whose turn a job is: of all servers on one database, one runs it at a time.

The turn is an advisory lock of a PostgreSQL session, held on a connection that does nothing else meanwhile.
A server that dies loses the connection and with it the turn, so nothing has to be cleaned up.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, bindparam, func, select

from persistence.availability import StoreUnavailable, outage
from persistence.statement import Statement

if TYPE_CHECKING:
    from persistence.database import Database
    from persistence.unit_of_work import Connection

_JOBS: Final = int.from_bytes(b"jobs")
"""Sets these locks apart from any other advisory lock in the database."""

_JOB = bindparam("job", type_=Integer)
_TAKE = Statement(select(func.pg_try_advisory_lock(_JOBS, _JOB)))
_GIVE_BACK = Statement(select(func.pg_advisory_unlock(_JOBS, _JOB)))


@asynccontextmanager
async def turn(database: Database, *, job: str) -> AsyncIterator[bool]:
    """Whether the turn is ours for the length of the block; never waits for another server to end its own.

    Takes a connection of the pool for as long. Raises StoreUnavailable.
    """
    connection = await database.acquire()
    try:
        taken = await _ask(connection, _TAKE, job)
        try:
            yield taken
        finally:
            if taken:
                with suppress(StoreUnavailable):  # the connection is lost, and the turn with it
                    await _ask(connection, _GIVE_BACK, job)
    finally:
        await database.release(connection)


async def _ask(connection: Connection, statement: Statement, job: str) -> bool:
    number = int.from_bytes(hashlib.sha256(job.encode()).digest()[:4], signed=True)
    try:
        return bool(await connection.fetchval(statement.sql, *statement.arguments({"job": number})))
    except Exception as error:
        unavailable = outage(error, connection_lost=True)  # nothing else makes the driver refuse these
        if unavailable is None:
            raise
        raise unavailable from error
