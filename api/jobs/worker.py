"""Runs the schedule: a task of the supervisor, beside the workers that answer requests.

Of several servers on one database one runs a job at a time; the others leave it to that one. A run that
fails, because PostgreSQL is away or for any other reason, is logged and tried again after a pause that grows
up to the job's interval. Connections are opened for a run and closed after it: between runs nothing is held.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.jobs.job import Job, Outcome
from api.logs import Event, Logs, frames_of
from api.metrics import JobMetrics
from persistence.database import Database
from persistence.turns import turn


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait: before the first runs, after a failure, before going on with what a bound left."""

    first: timedelta = timedelta(seconds=5)  # requests come first
    after_failure: timedelta = timedelta(seconds=30)  # doubled for each further one
    before_more: timedelta = timedelta(seconds=5)


class JobWorker:
    """Runs jobs at their times, one database at a time. `clock` is aware, UTC."""

    def __init__(
        self,
        schedule: Sequence[Job],
        *,
        database_url: str,
        logs: Logs,
        metrics: JobMetrics,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._schedule = schedule
        self._database_url = database_url
        self._logs = logs
        self._metrics = metrics
        self._clock = clock
        self._pace = pace if pace is not None else Pace()

    async def run(self) -> None:
        """Keep every job going until cancelled, which cuts short what runs; no failure of a job ends it."""
        async with asyncio.TaskGroup() as jobs:
            for job in self._schedule:
                jobs.create_task(self._keep(job))

    async def _keep(self, job: Job) -> None:
        wait, after_failure = self._pace.first, self._pace.after_failure
        while True:
            await asyncio.sleep(wait.total_seconds())
            try:
                outcome = await self._once(job)
            except Exception as failure:  # noqa: BLE001 (whatever it is, the job is due again)
                self._logs.emit(
                    Event.JOB_FAILED,
                    job=job.name,
                    exception=type(failure).__name__,
                    frames=frames_of(failure),
                )
                wait, after_failure = after_failure, min(after_failure * 2, job.every)
            else:
                wait = self._pace.before_more if outcome is not None and outcome.more else job.every
                after_failure = self._pace.after_failure

    async def _once(self, job: Job) -> Outcome | None:
        """Run the job if it is our turn; None if another server has it. Raises what the job raises."""
        began = time.monotonic()
        database = await Database.connect(self._database_url, pool_size=2)  # the turn's, and the job's
        try:
            async with turn(database, job=job.name) as ours:
                if not ours:
                    self._logs.emit(Event.JOB_LEFT_TO_ANOTHER, job=job.name)
                    return None
                outcome = await job.run(database, self._clock())
        finally:
            await database.close()
        self._metrics.done(job.name, rows=outcome.rows, at=self._clock())
        self._logs.emit(
            Event.JOB_DONE,
            job=job.name,
            rows=outcome.rows,
            duration_ms=round((time.monotonic() - began) * 1_000),
            more=outcome.more,
        )
        return outcome
