"""Runs the schedule: a task of the supervisor, beside the workers that answer requests.

Any number of servers share the queue, and each job in it is done by one of them. Here a run becomes a line in
the log and numbers for the operator; one that fails, because PostgreSQL is away or for any other reason, is
tried again after a pause that grows. When the queue itself is lost it is joined anew, likewise. What the
server holds for this is one connection; a run opens another for itself and closes it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.jobs.job import Job, Outcome
from api.jobs.metrics import JobMetrics
from api.logs import Event, Logs, frames_of
from persistence.database import Database
from persistence.job_putting import Duty
from persistence.job_queue import JobQueue, Standing


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait: before a run that was missed, after a failure, before going on with what a bound
    left, before looking whether a pause is over, before joining the queue again."""

    first: timedelta = timedelta(seconds=5)  # requests come first
    after_failure: timedelta = timedelta(seconds=30)  # doubled for each further one, up to the job's interval
    before_more: timedelta = timedelta(seconds=5)
    look: timedelta = timedelta(seconds=30)
    rejoin: timedelta = timedelta(seconds=1)  # doubled for each further one
    rejoin_at_most: timedelta = timedelta(seconds=60)


class JobWorker:
    """Does the jobs of one database as they come due. `clock` is aware, UTC."""

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
        self._database_url = database_url
        self._logs = logs
        self._metrics = metrics
        self._clock = clock
        self._pace = pace if pace is not None else Pace()
        duties = [
            Duty(job.name, job.every, _Runs(self, job).next, job.told_on, job.backlog) for job in schedule
        ]
        self._queue = JobQueue(database_url, duties, first_after=self._pace.first, look_every=self._pace.look)
        self._joined = False
        self._interrupted = False

    def _duty(self, job: Job) -> Duty:
        return Duty(job.name, job.every, _Runs(self, job).next, job.told_on, job.backlog)

    async def run(self) -> None:
        """Keep every job going until cancelled. Then what runs is cut short and handed back to the queue,
        which takes seconds at most. No failure of a job or of the database ends it."""
        stopped = asyncio.Event()
        attending = asyncio.create_task(self._keep_attending(stopped))
        try:
            await asyncio.shield(attending)
        except asyncio.CancelledError:
            stopped.set()
            await asyncio.wait({attending})
            raise

    async def _keep_attending(self, stopped: asyncio.Event) -> None:
        pause = self._pace.rejoin
        while not stopped.is_set():
            self._joined = False
            try:
                await self._queue.attend(now=self._clock, stopped=stopped, observe=self._observe)
            except Exception as failure:  # noqa: BLE001 (whatever it is, the jobs are due again)
                if self._joined:
                    pause = self._pace.rejoin
                self._interrupted = True
                self._logs.emit(
                    Event.JOBS_INTERRUPTED,
                    exception=type(failure).__name__,
                    frames=frames_of(failure),
                    again_in_ms=round(pause / timedelta(milliseconds=1)),
                )
            self._metrics.attended(False)
            try:
                await asyncio.wait_for(stopped.wait(), pause.total_seconds())
            except TimeoutError:
                pause = min(pause * 2, self._pace.rejoin_at_most)

    def _observe(self, standings: Mapping[str, Standing]) -> None:
        if self._interrupted and not self._joined:
            self._logs.emit(Event.JOBS_RESUMED)
            self._interrupted = False
        self._joined = True
        self._metrics.attended(True)
        self._metrics.observed(standings)

    async def once(self, job: Job) -> Outcome | None:
        """One run, logged and counted; None when it failed."""
        began = time.monotonic()
        try:
            database = await Database.connect(self._database_url, pool_size=1)
            try:
                outcome = await job.run(database, self._clock())
            finally:
                await database.close()
        except Exception as failure:  # noqa: BLE001 (whatever it is, the job is tried again)
            self._metrics.failed(job.name, seconds=time.monotonic() - began, at=self._clock())
            self._logs.emit(
                Event.JOB_FAILED, job=job.name, exception=type(failure).__name__, frames=frames_of(failure)
            )
            return None
        seconds = time.monotonic() - began
        self._metrics.ended(job.name, outcome, seconds=seconds, at=self._clock())
        if not outcome.idle:
            self._logs.emit(
                Event.JOB_DONE,
                job=job.name,
                rows=outcome.rows,
                duration_ms=round(seconds * 1_000),
                more=outcome.more,
            )
        return outcome

    @property
    def pace(self) -> Pace:
        """How long it waits."""
        return self._pace


class _Runs:
    """The runs of one job, one after the other until nothing is left to do."""

    def __init__(self, worker: JobWorker, job: Job) -> None:
        self._worker = worker
        self._job = job
        self._after_failure = worker.pace.after_failure

    async def next(self) -> timedelta | None:
        """Do the job. None at its end, else how long after its failure to try again."""
        while (outcome := await self._worker.once(self._job)) is not None:
            self._after_failure = self._worker.pace.after_failure
            if not outcome.more:
                return None
            await asyncio.sleep(self._worker.pace.before_more.total_seconds())
        pause = self._after_failure
        self._after_failure = min(pause * 2, self._job.every)
        return pause
