"""When is a failure of the database an outage rather than a mistake of ours?

One table of answers for the whole package. An outage (PostgreSQL unreachable, restarting, out of connections
or disk, or asking for a retry) becomes StoreUnavailable, which the shell answers with 503; anything else is a
defect and stays what it is.
"""

from typing import Final

import asyncpg


class StoreUnavailable(Exception):
    """PostgreSQL cannot serve this call now; the same call may succeed in a moment. The message is one
    sentence without values, the cause is kept as ``__cause__``."""


class OutcomeUnknown(StoreUnavailable):
    """PostgreSQL went away between the order to make a change final and its confirmation: the change is
    stored as a whole or not at all, and nobody can tell which without looking."""


_REFUSALS: Final = (
    asyncpg.ReadOnlySQLTransactionError,  # 25006: connected to a standby, a failover is going on
    asyncpg.SerializationError,  # 40001
    asyncpg.DeadlockDetectedError,  # 40P01
    asyncpg.LockNotAvailableError,  # 55P03
    asyncpg.InvalidCachedStatementError,  # a migration changed a table below a prepared statement
    asyncpg.OutdatedSchemaCacheError,
)
"""Outages in which PostgreSQL answers, and says that it did not do what it was told."""

_OUTAGES: Final = (
    OSError,  # refused, reset, no such socket; TimeoutError (acquire and command limits) is one too
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.OperatorInterventionError,  # class 57: shutdown, crash, starting up, cancelled
    asyncpg.InsufficientResourcesError,  # class 53: too many connections, disk or memory full
    asyncpg.PostgresSystemError,  # class 58: input/output failure of the server
    asyncpg.IdleInTransactionSessionTimeoutError,  # 25P03
    *_REFUSALS,
)


def outage(
    error: BaseException, *, connection_lost: bool = False, finishing: bool = False
) -> StoreUnavailable | None:
    """StoreUnavailable when ``error`` is an outage, None when it is a defect.

    ``connection_lost``: the connection is closed. The driver then reports the next use of it as an
    InterfaceError, the class it also uses for wrong arguments, so the error alone does not tell.
    ``finishing``: what failed was sent to make a change final, so an outage without PostgreSQL's word that
    nothing was done is OutcomeUnknown.
    """
    if isinstance(error, StoreUnavailable):
        return error
    kind = OutcomeUnknown if finishing and not isinstance(error, _REFUSALS) else StoreUnavailable
    if isinstance(error, _OUTAGES):
        return kind(f"The database cannot serve the call now ({type(error).__name__}).")
    if connection_lost and isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return kind("The connection to the database was lost.")
    return None
