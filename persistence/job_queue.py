"""The queue of jobs: PgQueuer on one connection, with what it does not do by itself.

PgQueuer keeps a schedule and a queue in tables of the same database (`persistence.tables.jobs`). Of any
number of servers one puts a job into the queue when it is due, and one takes it; a server that dies with a
job in hand loses it to another after `ABANDONED`. Added here: a job waits at most once, one whose time passed
while nobody attended is made up for, one can be told of what it is to do by a notification of PostgreSQL, a
run says when it wants to go on, and a lost connection ends the attendance with StoreUnavailable instead of
silence. Nothing of a failure is written into the tables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence import qb
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.applications import PgQueuer
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.settings import DBSettings
from sqlalchemy import Text, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from persistence.address import Address
from persistence.availability import StoreUnavailable, outage
from persistence.job_putting import Duty, Told, put, put_soon
from persistence.statement import Statement
from persistence.tables.jobs import log, queue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pgqueuer.domain.models import Job, Schedule
    from pydantic_settings import PydanticBaseSettingsSource

ABANDONED: Final = timedelta(seconds=30)
"""Without a sign of life from its server for this long, a job that was taken is taken by another."""

_HOUR, _MINUTE = 3, 7
_OBSERVE_EVERY_S: Final = 15.0
_LET_GO_S: Final = 10.0  # a job that is told to stop has this long to hand back what it holds
_COMMAND_TIMEOUT_S: Final = 15.0
_CONNECT_TIMEOUT_S: Final = 5.0

_names = func.unnest(bindparam("names", type_=ARRAY(Text))).table_valued("entrypoint").render_derived("names")
_newest = (
    select(log.c.created.label("at"))
    .where(log.c.status == "successful", log.c.entrypoint == _names.c.entrypoint)
    .order_by(log.c.created.desc())
    .limit(1)
    .lateral("newest")
)
_SUCCEEDED = Statement(select(_names.c.entrypoint, _newest.c.at).select_from(_names.join(_newest, true())))
_DEPTH = Statement(
    select(queue.c.entrypoint, queue.c.status, func.count().label("count")).group_by(
        queue.c.entrypoint, queue.c.status
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands, on all servers together: how many `waiting` and `running` (0 or 1 each, or together 2
    of a job that is told of its work), when it last came to its end (None: not as far as the log reaches
    back), and its backlog by state."""

    waiting: int
    running: int
    succeeded_at: datetime | None
    backlog: Mapping[str, int]


class JobQueue:
    """The duties of one server. `first_after` is how long one that was missed waits after the start;
    `look_every` how often to look for what is not announced: a job whose pause is over, or whose server died.
    """

    def __init__(
        self, url: str, duties: Sequence[Duty], *, first_after: timedelta, look_every: timedelta
    ) -> None:
        """Raises ValueError for a duty that is due at an interval it cannot be due at."""
        self._address = Address.parse(url)
        self._times = {duty.name: _cron(duty.every) for duty in duties}
        self._duties = duties
        self._first_after = first_after
        self._look_every = look_every

    async def attend(
        self,
        *,
        now: Callable[[], datetime],
        stopped: asyncio.Event,
        observe: Callable[[Mapping[str, Standing]], None],
    ) -> None:
        """Keep the schedule and do what comes, until `stopped`; what runs then is cut short and handed back.

        `observe` is told how the duties stand, at once and every 15 s. Raises StoreUnavailable when there is
        no connection, or no longer.
        """
        async with self._connected() as connection:
            names = _Names()
            queries = Queries(
                AsyncpgDriver(connection),
                qbe=qb.QueryBuilderEnvironment(names),
                qbq=qb.QueryQueueBuilder(names),
                qbs=qb.QuerySchedulerBuilder(names),
            )
            pgqueuer = PgQueuer(queries.driver, channel=names.channel, queries=queries)
            connection.add_termination_listener(lambda _: pgqueuer.shutdown.set())
            told = Told(queries, [duty for duty in self._duties if duty.told_on is not None])
            for duty in self._duties:
                _enrol(pgqueuer, queries, duty, self._times[duty.name])
            await told.listen(connection)
            await self._make_up_for_what_was_missed(queries, now())
            await self._until(stopped, pgqueuer, observing=self._keep_observing(queries, observe), told=told)
            if not stopped.is_set():
                raise StoreUnavailable("The connection to the database was lost.")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        connection = None
        try:
            connection = await self._address.open(
                timeout=_CONNECT_TIMEOUT_S, command_timeout=_COMMAND_TIMEOUT_S
            )
            yield connection
        except Exception as error:
            lost = connection is None or connection.is_closed()
            unavailable = outage(error, connection_lost=lost)
            if unavailable is None and connection is None and isinstance(error, asyncpg.PostgresError):
                unavailable = StoreUnavailable("No connection to the database can be had.")
            if unavailable is None:
                raise
            raise unavailable from error
        finally:
            if connection is not None:
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await connection.close(timeout=_CONNECT_TIMEOUT_S)

    async def _make_up_for_what_was_missed(self, queries: Queries, now: datetime) -> None:
        succeeded = await self._succeeded(queries)
        for duty in self._duties:
            last = succeeded.get(duty.name)
            if last is None or last + duty.every < now or duty.told_on is not None:
                await put(queries, duty, after=self._first_after)

    async def _until(
        self,
        stopped: asyncio.Event,
        pgqueuer: PgQueuer,
        *,
        observing: Coroutine[None, None, None],
        told: Told,
    ) -> None:
        running = asyncio.create_task(
            pgqueuer.run(
                dequeue_timeout=self._look_every,
                batch_size=1,
                heartbeat_timeout=ABANDONED,
                log_aggregation_interval=timedelta(0),
            )
        )
        beside = [asyncio.create_task(each) for each in (observing, told.keep_putting(), stopped.wait())]
        tasks = {running, *beside}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            pgqueuer.shutdown.set()
            await asyncio.wait({running}, timeout=_LET_GO_S)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        if not stopped.is_set():
            for outcome in ended:
                if isinstance(outcome, Exception):
                    raise outcome

    async def _succeeded(self, queries: Queries) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        names = [duty.name for duty in self._duties]
        for row in await queries.driver.fetch(_SUCCEEDED.sql, *_SUCCEEDED.arguments({"names": names})):
            if isinstance(at := row["at"], datetime):
                found[str(row["entrypoint"])] = at
        return found

    async def _keep_observing(
        self, queries: Queries, observe: Callable[[Mapping[str, Standing]], None]
    ) -> None:
        while True:
            succeeded = await self._succeeded(queries)
            depth = {
                (str(row["entrypoint"]), str(row["status"])): int(str(row["count"]))
                for row in await queries.driver.fetch(_DEPTH.sql)
            }
            observe(
                {
                    duty.name: Standing(
                        waiting=depth.get((duty.name, "queued"), 0),
                        running=depth.get((duty.name, "picked"), 0),
                        succeeded_at=succeeded.get(duty.name),
                        backlog=await _backlog(queries, duty),
                    )
                    for duty in self._duties
                }
            )
            await asyncio.sleep(_OBSERVE_EVERY_S)


class _Names(DBSettings):
    """PgQueuer's names of things, as the migration has made them: whatever the environment says, which
    PgQueuer would ask for names as common as CHANNEL and TRIGGER."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: Any, init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but the defaults."""
        return (init_settings,)


def _enrol(pgqueuer: PgQueuer, queries: Queries, duty: Duty, cron: str) -> None:
    """Let the duty be put into the queue at the times of `cron`, and be done when it is taken out."""

    async def due(schedule: Schedule) -> None:
        if duty.told_on is None:
            await put(queries, duty, after=timedelta(0))
        else:
            await put_soon(queries, duty)

    async def taken(job: Job) -> None:
        again = await _cut_short_by(pgqueuer.shutdown, duty.work())
        if again is not None:
            raise RetryRequested(delay=again, reason="more to do")

    pgqueuer.schedule(duty.name, cron)(due)
    pgqueuer.entrypoint(duty.name)(taken)


def _cron(every: timedelta) -> str:
    """Five fields, UTC. Off the full hour, when whoever else has a schedule comes. Raises ValueError."""
    minutes, rest = divmod(every, timedelta(minutes=1))
    hours = minutes // 60
    if minutes > 0 and not rest and 60 % minutes == 0 and minutes < 60:
        return f"*/{minutes} * * * *"
    if minutes > 0 and not rest and minutes % 60 == 0 and 24 % hours == 0:
        return f"{_MINUTE} */{hours} * * *" if hours < 24 else f"{_MINUTE} {_HOUR} * * *"
    raise ValueError(f"A job cannot be due every {every}.")


async def _cut_short_by(event: asyncio.Event, work: Awaitable[timedelta | None]) -> timedelta | None:
    """What `work` returns; when the event comes first, it is cancelled, and wants to be asked again
    at once."""
    working, cutting = asyncio.ensure_future(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait({working, cutting}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
            await asyncio.wait({working})
        return timedelta(0) if working.cancelled() else working.result()
    finally:
        working.cancel()
        cutting.cancel()


async def _backlog(queries: Queries, duty: Duty) -> dict[str, int]:
    if duty.backlog is None:
        return {}
    rows = await queries.driver.fetch(duty.backlog.sql, *duty.backlog.arguments({}))
    return {str(row["state"]): int(str(row["count"])) for row in rows}
