"""How a job comes into the queue: at its time, or because PostgreSQL tells of something to do for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, bindparam, func, literal_column, select

from persistence.statement import Statement
from persistence.tables.jobs import queue

if TYPE_CHECKING:
    import asyncpg
    from pgqueuer.adapters.persistence.queries import Queries

_BOTH_RUN_S: Final = 1.0

_COMES = Statement(
    select(queue.c.id)
    .where(
        queue.c.entrypoint == bindparam("name", type_=Text),
        queue.c.status == literal_column("'queued'::pgqueuer_status"),
        queue.c.execute_after <= func.now(),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Duty:
    """A job by `name`, due `every` so often: a part of an hour in whole minutes, or of a day in whole hours.

    `work` does it. It returns None when there is nothing left to do, else how long to wait before it is asked
    again, here or on another server. It raises nothing, and may be cancelled at any point.

    It is also done at once whenever PostgreSQL notifies of something on the channel `told_on`. `backlog`
    gives rows of `state` and `count`: how much of what there is for it to do.
    """

    name: str
    every: timedelta
    work: Callable[[], Awaitable[timedelta | None]]
    told_on: str | None = None
    backlog: Statement | None = None


class Told:
    """The duties that are done as soon as PostgreSQL tells of something to do for them."""

    def __init__(self, queries: Queries, duties: Sequence[Duty]) -> None:
        self._queries = queries
        self._heard = {duty: asyncio.Event() for duty in duties}

    async def listen(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Hear what is told from now on."""
        for duty, heard in self._heard.items():
            assert duty.told_on is not None
            await connection.add_listener(duty.told_on, lambda *_, heard=heard: heard.set())

    async def keep_putting(self) -> None:
        """Put whatever is told of into the queue, until cancelled."""
        await asyncio.gather(*(self._keep(duty, heard) for duty, heard in self._heard.items()), _for_ever())

    async def _keep(self, duty: Duty, heard: asyncio.Event) -> None:
        while True:
            await heard.wait()
            heard.clear()
            while not await put_soon(self._queries, duty):  # noqa: ASYNC110 (other servers run them)
                await asyncio.sleep(_BOTH_RUN_S)


async def put(queries: Queries, duty: Duty, *, after: timedelta, key: str | None = None) -> bool:
    """Into the queue, unless it is there already by that key, waiting or running."""
    key = key if key is not None else duty.name
    put = await queries.enqueue(duty.name, None, execute_after=after, dedupe_key=key, on_conflict="skip")
    return put != [None]


async def put_soon(queries: Queries, duty: Duty) -> bool:
    """See to a run that begins from now on, beside one that may be running and have looked already. False
    when two are."""
    if await queries.driver.fetch(_COMES.sql, *_COMES.arguments({"name": duty.name})):
        return True
    at_once = timedelta(0)
    return await put(queries, duty, after=at_once) or await put(
        queries, duty, after=at_once, key=f"{duty.name} again"
    )


async def _for_ever() -> None:
    await asyncio.Event().wait()
