"""Holding a row of the database as a transaction that takes its time would, to see who waits behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from persistence.address import Address

LIMIT_S = 20.0


@asynccontextmanager
async def held(url: str, query: str, *values: object) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Lock what `query` (… FOR UPDATE) finds; gives a function that returns once so many others wait."""
    address = Address.parse(url)
    holder, watcher = await address.open(), await address.open()
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def until(number: int) -> None:
        async with asyncio.timeout(LIMIT_S):
            while await watcher.fetchval(waiting) < number:  # noqa: ASYNC110 (another process decides)
                await asyncio.sleep(0.005)

    try:
        async with holder.transaction():
            assert await holder.fetch(query, *values)
            yield until
    finally:
        await holder.close()
        await watcher.close()
