"""Holding a row of the database as a transaction that takes its time would, to see who waits behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from persistence.address import Address

LIMIT_S = 20.0
# Who waits for something else, for room in a table for instance, is nobody whom a test waits for.
_WAITING = """
    WITH RECURSIVE waiting (pid) AS (SELECT $1::integer
      UNION SELECT each.pid FROM waiting JOIN pg_stat_activity AS each
                ON each.wait_event_type = 'Lock' AND waiting.pid = ANY (pg_blocking_pids(each.pid)))
    SELECT count(*) - 1 FROM waiting
"""


@asynccontextmanager
async def held(url: str, query: str, *values: object) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Lock what `query` (… FOR UPDATE) finds; gives a function that returns once so many others wait for it,
    or for who waits for it.
    """
    address = Address.parse(url)
    holder, watcher = await address.open(), await address.open()
    held_by = holder.get_server_pid()

    async def until(number: int) -> None:
        async with asyncio.timeout(LIMIT_S):
            while await watcher.fetchval(_WAITING, held_by) < number:  # noqa: ASYNC110 (another process decides)
                await asyncio.sleep(0.005)

    try:
        async with holder.transaction():
            assert await holder.fetch(query, *values)
            yield until
    finally:
        await holder.close()
        await watcher.close()
