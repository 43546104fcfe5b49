"""The worker: at its time, on one server at a time, through outages, and until it is told to stop."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import orjson

from api.jobs.job import Job, Outcome
from api.jobs.worker import JobWorker, Pace
from api.logs import Logs
from api.metrics import JobMetrics
from persistence.database import Database, StoreUnavailable

NOW = datetime(2030, 1, 1, tzinfo=UTC)
NEVER = timedelta(days=1)
AT_ONCE = Pace(timedelta(0), timedelta(0), timedelta(0))
SOON_S = 30.0

Run = Callable[[Database, datetime], Awaitable[Outcome]]


class LogStream(io.BytesIO):
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


class Working:
    """A worker at work, its log and its metrics."""

    def __init__(self, database_url: str, run: Run, *, every: timedelta, pace: Pace) -> None:
        self.log = LogStream()
        self.metrics = JobMetrics()
        self._worker = JobWorker(
            [Job("sweep", every=every, what="Sweeps.", run=run)],
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
    database_url: str, run: Run, *, every: timedelta = NEVER, pace: Pace = AT_ONCE
) -> AsyncIterator[Working]:
    started = Working(database_url, run, every=every, pace=pace)
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


async def test_a_run_is_logged_and_counted(database_url: str) -> None:
    async with working(database_url, Scripted(Outcome(3, more=False))) as one:
        (event,) = await one.log.says("job_done")
        assert {name: event[name] for name in ("job", "rows", "more")} == {
            "job": "sweep",
            "rows": 3,
            "more": False,
        }
        assert isinstance(event["duration_ms"], int)
        lines = one.metrics.exposition().decode().splitlines()
    counted = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(counted['candor_job_last_success_timestamp_seconds{job="sweep"}']) == NOW.timestamp()
    assert float(counted['candor_job_rows_removed_total{job="sweep"}']) == 3


async def test_what_a_bound_left_is_done_soon_and_the_rest_in_its_time(database_url: str) -> None:
    job = Scripted(Outcome(5, more=True), Outcome(2, more=False))
    async with working(database_url, job) as one:
        await one.log.says("job_done", "job_done")
    assert job.runs == 2


async def test_it_comes_again(database_url: str) -> None:
    async with working(database_url, Scripted(), every=timedelta(milliseconds=1)) as one:
        await one.log.says("job_done", "job_done", "job_done")


async def test_an_outage_is_logged_and_outlived(database_url: str) -> None:
    job = Scripted(StoreUnavailable("The database is away."), Outcome(1, more=False))
    async with working(database_url, job) as one:
        failed, _ = await one.log.says("job_failed", "job_done")
    assert failed["exception"] == "StoreUnavailable"
    assert "away" not in str(failed)


async def test_a_defect_is_logged_and_outlived(database_url: str) -> None:
    async with working(database_url, Scripted(KeyError("ada@example.org"))) as one:
        failed, _ = await one.log.says("job_failed", "job_done")
    assert failed["exception"] == "KeyError"
    assert "ada" not in str(failed)


async def test_a_database_that_cannot_be_reached_is_tried_again() -> None:
    job = Scripted()
    async with working("postgresql://nobody:secret@127.0.0.1:1/none", job) as one:
        await one.log.says("job_failed", "job_failed")
    assert job.runs == 0


async def test_one_server_at_a_time(database_url: str) -> None:
    held, other = Held(), Scripted()
    async with working(database_url, held) as first:
        await held.began.wait()
        async with working(database_url, other) as second:
            await second.log.says("job_left_to_another")
        held.let_go.set()
        await first.log.says("job_done")
    assert other.runs == 0
    async with working(database_url, other) as third:
        await third.log.says("job_done")


async def test_stopping_cuts_a_run_short_and_gives_the_turn_back(database_url: str) -> None:
    held = Held()
    async with working(database_url, held) as one:
        await held.began.wait()
    assert one.log.events == []
    async with working(database_url, Scripted()) as next_one:
        await next_one.log.says("job_done")


async def test_stopping_before_the_first_run(database_url: str) -> None:
    job = Scripted()
    async with working(database_url, job, pace=Pace(first=NEVER)) as one:
        pass
    assert (job.runs, one.log.events) == (0, [])
