"""The database made ready: started if it is our own, migrated, and compared with the contract.

Nothing is served from a database that holds a table or a column which the contract does not declare, or
lacks one that it does: the start is refused instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from api.logs import Logs
from api.serve.database_watch import DatabaseWatch
from api.serve.startup import StartFailed, say
from api.settings import Settings
from persistence.database import Database
from persistence.declared import differences
from persistence.embedded import EmbeddedPostgres, connection_url
from persistence.migrating import migrate_in_own_process
from persistence.revision import is_newest

SHOWN_DIFFERENCES = 5


def url_of(settings: Settings) -> str:
    """The database's URL, whether it runs already or not."""
    return settings.database_url or connection_url(settings.data_dir)


@contextmanager
def running(settings: Settings, *, logs: Logs) -> Iterator[Callable[[], str]]:
    """The database, which runs until the end of the block if it is our own: call what is given for its URL.

    PostgreSQL starts while the caller goes on; the call waits for it and raises EmbeddedPostgresError. Our
    own is started again whenever it dies before the end of the block.
    """
    given = settings.database_url
    if given is not None:
        yield lambda: given
        return
    server = EmbeddedPostgres(settings.data_dir)
    watch = DatabaseWatch(server, logs=logs)
    with ThreadPoolExecutor(1, thread_name_prefix="postgres") as thread:
        starting = thread.submit(server.start, say)
        watching = thread.submit(_watch_once_started, starting, watch)
        try:
            yield starting.result
        finally:
            watch.end()
            wait([watching])
            server.stop()


def _watch_once_started(starting: Future[str], watch: DatabaseWatch) -> None:
    if starting.exception() is None:
        watch.run()


def make_ready(url: str, contract: Mapping[str, Any]) -> None:
    """Migrate, then compare with the contract's declared records.

    Raises MigrationRefused, or StartFailed with the first differences.
    """
    if not asyncio.run(is_newest(url)):
        migrate_in_own_process(url)
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
