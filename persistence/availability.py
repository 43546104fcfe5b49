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


_OUTAGES: Final = (
    OSError,  # refused, reset, no such socket; TimeoutError (acquire and command limits) is one too
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.OperatorInterventionError,  # class 57: shutdown, crash, starting up, cancelled
    asyncpg.InsufficientResourcesError,  # class 53: too many connections, disk or memory full
    asyncpg.PostgresSystemError,  # class 58: input/output failure of the server
    asyncpg.ReadOnlySQLTransactionError,  # 25006: connected to a standby, a failover is going on
    asyncpg.IdleInTransactionSessionTimeoutError,  # 25P03
    asyncpg.SerializationError,  # 40001
    asyncpg.DeadlockDetectedError,  # 40P01
    asyncpg.LockNotAvailableError,  # 55P03
    asyncpg.InvalidCachedStatementError,  # a migration changed a table below a prepared statement
    asyncpg.OutdatedSchemaCacheError,
)


def outage(error: BaseException, *, connection_lost: bool = False) -> StoreUnavailable | None:
    """StoreUnavailable when ``error`` is an outage, None when it is a defect.

    ``connection_lost``: the connection is closed. The driver then reports the next use of it as an
    InterfaceError, the class it also uses for wrong arguments, so the error alone does not tell.
    """
    if isinstance(error, StoreUnavailable):
        return error
    if isinstance(error, _OUTAGES):
        return StoreUnavailable(f"The database cannot serve the call now ({type(error).__name__}).")
    if connection_lost and isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return StoreUnavailable("The connection to the database was lost.")
    return None
