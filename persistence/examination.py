"""What a database says about itself, for whoever asks whether it is fit: its clock, its durability, its
role.
"""

from __future__ import annotations

from sqlalchemy import text

from persistence.statement import Statement
from persistence.unit_of_work import Record, UnitOfWork

_FACTS = Statement(
    text(
        """
        SELECT clock_timestamp() AS now,
               current_setting('server_version') AS version,
               current_setting('fsync') AS fsync,
               current_setting('full_page_writes') AS full_page_writes,
               current_setting('synchronous_commit') AS synchronous_commit,
               pg_is_in_recovery() AS is_standby
        """
    )
)


async def facts(store: UnitOfWork) -> Record:
    """`now` is the database's clock while it answers. Raises StoreUnavailable."""
    row = await store.row(_FACTS)
    assert row is not None
    return row
