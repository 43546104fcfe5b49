"""The database made ready: started if it is our own, migrated, and compared with the contract.

Nothing is served from a database that holds a table or a column which the contract does not declare, or
lacks one that it does: the start is refused instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from api.serve.startup import StartFailed, say
from api.settings import Settings
from persistence.database import Database
from persistence.declared import differences
from persistence.embedded import EmbeddedPostgres
from persistence.migrations import migrate

SHOWN_DIFFERENCES = 5


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """The URL of the database, which runs until the end of the block if it is our own.

    Raises EmbeddedPostgresError.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedPostgres(settings.data_dir)
    try:
        yield server.start(say)
    finally:
        server.stop()


def make_ready(url: str, contract: Mapping[str, Any]) -> None:
    """Migrate, then compare with the contract's declared records.

    Raises MigrationRefused, or StartFailed with the first differences.
    """
    migrate(url, report=say)
    found = asyncio.run(_differences(url, declared_records(contract)))
    if found:
        more = len(found) - SHOWN_DIFFERENCES
        shown = "; ".join(found[:SHOWN_DIFFERENCES]) + (f"; and {more} more" if more > 0 else "")
        raise StartFailed(f"The database and the records that the contract declares differ: {shown}.")


def declared_records(contract: Mapping[str, Any]) -> dict[str, dict[str, object]]:
    """Table, then column, then type, from `components/x-records`."""
    records: Mapping[str, Mapping[str, Any]] = contract.get("components", {}).get("x-records", {})
    return {
        record.get("table", name): {column: field["type"] for column, field in record["fields"].items()}
        for name, record in records.items()
    }


async def _differences(url: str, declared: Mapping[str, Mapping[str, object]]) -> list[str]:
    database = await Database.connect(url, pool_size=1)
    try:
        return await differences(database, declared)
    finally:
        await database.close()
