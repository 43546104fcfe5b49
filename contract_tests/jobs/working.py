"""A worker at work in a test: jobs that do as they are told, its log, its numbers, what the queue holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from api.jobs.job import Job, Outcome
from api.jobs.metrics import JobMetrics
from api.jobs.worker import JobWorker, Pace
from api.logs import Logs
from contract_tests.harness.logs import KeptStream
from persistence.address import Address
from persistence.database import Database

NOW = datetime(2030, 1, 1, tzinfo=UTC)
NEVER = timedelta(days=1)
SOON = timedelta(milliseconds=1)
AT_ONCE = Pace(timedelta(0), SOON, SOON, look=SOON, rejoin=SOON, rejoin_at_most=SOON)
SOON_S = 30.0

Run = Callable[[Database, datetime], Awaitable[Outcome]]


class LogStream(KeptStream):
    """A log that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()

    def flush(self) -> None:
        self._written.set()

    @property
    def events(self) -> list[dict[str, object]]:
        return [orjson.loads(line) for line in self.getvalue().splitlines()]

    async def says(self, *words: str) -> list[dict[str, object]]:
        """Wait until there are as many events, and these."""
        async with asyncio.timeout(SOON_S):
            while len(self.events) < len(words):
                self._written.clear()
                await self._written.wait()
        assert [each["event"] for each in self.events[: len(words)]] == list(words)
        return self.events

    async def more(self) -> None:
        """Wait until something is written."""
        self._written.clear()
        await self._written.wait()


class Working:
    """A worker at work, its log and its metrics."""

    def __init__(
        self, database_url: str, run: Run, *, every: timedelta, pace: Pace, told_on: str | None = None
    ) -> None:
        self.log = LogStream()
        self.metrics = JobMetrics()
        self._worker = JobWorker(
            [Job("sweep", every=every, what="Sweeps.", run=run, told_on=told_on)],
            database_url=database_url,
            logs=Logs(self.log),
            metrics=self.metrics,
            clock=lambda: NOW,
            pace=pace,
        )

    async def run(self) -> None:
        await self._worker.run()


@asynccontextmanager
async def working(
    database_url: str,
    run: Run,
    *,
    every: timedelta = NEVER,
    pace: Pace = AT_ONCE,
    told_on: str | None = None,
) -> AsyncIterator[Working]:
    started = Working(database_url, run, every=every, pace=pace, told_on=told_on)
    task = asyncio.create_task(started.run())
    try:
        yield started
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=SOON_S)
        assert task.cancelled()


class Scripted:
    """A job that does what its script says next, and after it nothing."""

    def __init__(self, *script: Outcome | Exception) -> None:
        self._script = list(script)
        self.runs = 0

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        self.runs += 1
        step = self._script.pop(0) if self._script else Outcome(0, more=False)
        if isinstance(step, Exception):
            raise step
        return step


class Held:
    """A job that goes on until it is let go."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        self.began.set()
        await self.let_go.wait()
        return Outcome(1, more=False)


def counted(metrics: JobMetrics) -> dict[str, float]:
    lines = metrics.exposition().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


async def answer(database_url: str, query: str) -> Any:
    connection = await Address.parse(database_url).open()
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def until(database_url: str, query: str) -> None:
    """Wait for the database to say yes."""
    async with asyncio.timeout(SOON_S):
        while not await answer(database_url, query):  # noqa: ASYNC110 (the event is in another process)
            await asyncio.sleep(0.02)


async def reads(metrics: JobMetrics, name: str) -> dict[str, float]:
    """Wait until the metric is there and not 0; all of them."""
    async with asyncio.timeout(SOON_S):
        while not (numbers := counted(metrics)).get(name):  # noqa: ASYNC110 (a gauge has no event)
            await asyncio.sleep(0.01)
    return numbers


def succeeded(at: datetime) -> str:
    """That a server brought the job to its end then."""
    return (
        "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint)"
        f" VALUES ('{at.isoformat()}', 0, 'successful', 0, 'sweep')"
    )


HAS_SUCCEEDED = succeeded(NOW)
"""By the worker's clock a success that has just been, so that there is nothing to make up for."""
EMPTY = "SELECT count(*) = 0 FROM pgqueuer"
DUE = """
INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run) VALUES ('7 3 * * *', 'sweep', now())
"""
FAR_OFF = "SELECT count(*) = 1 FROM pgqueuer WHERE execute_after > now() + interval '59 minutes'"
IN_HAND = """
INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key, queue_manager_id, heartbeat)
VALUES (0, 'picked', 'sweep', 'sweep', gen_random_uuid(), now() - interval '31 seconds')
"""
RUNNING, WAITING = (
    f'candor_job_queue_depth{{job="sweep",state="{state}"}}' for state in ("running", "waiting")
)
FAILED_AT = 'candor_job_last_failure_timestamp_seconds{job="sweep"}'
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
"""
ABANDON = "UPDATE pgqueuer SET heartbeat = now() - interval '31 seconds'"
