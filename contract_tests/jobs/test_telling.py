"""A job that PostgreSQL tells of what there is to do runs at once, also while another run is under way."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime

from api.jobs.job import Outcome
from contract_tests.jobs.working import EMPTY, SOON_S, Held, Scripted, answer, until, working
from persistence.database import Database

CHANNEL = "candor_test"
TELL = f"SELECT pg_notify('{CHANNEL}', '')"
RUNNING = "SELECT count(*) = {} FROM pgqueuer WHERE status = 'picked'"


class Series:
    """A job each run of which goes on until it is let go."""

    def __init__(self) -> None:
        self.runs: list[Held] = []
        self._begun = asyncio.Condition()

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        run = Held()
        async with self._begun:
            self.runs.append(run)
            self._begun.notify_all()
        return await run(database, now)

    async def begun(self, count: int) -> None:
        async with asyncio.timeout(SOON_S), self._begun:
            await self._begun.wait_for(lambda: len(self.runs) >= count)


async def test_it_runs_when_it_is_told(database_url: str) -> None:
    job = Scripted()
    async with working(database_url, job, told_on=CHANNEL) as one:
        await one.log.says("job_done")  # at the start, whatever it was not told of
        for runs in (2, 3):
            await until(database_url, EMPTY)
            await answer(database_url, TELL)
            await one.log.says(*["job_done"] * runs)
    assert job.runs == 3


async def test_a_run_that_may_have_looked_already_has_another_beside_it(database_url: str) -> None:
    job = Series()
    async with working(database_url, job, told_on=CHANNEL) as one:
        await job.begun(1)
        await answer(database_url, TELL)
        await job.begun(2)
        await answer(database_url, TELL)  # with two under way, it is seen to once one of them has ended
        await until(database_url, RUNNING.format(2))
        job.runs[0].let_go.set()
        await job.begun(3)
        for run in job.runs:
            run.let_go.set()
        await one.log.says("job_done", "job_done", "job_done")
        await until(database_url, EMPTY)


async def test_of_several_servers_that_hear_it_enough_run_it(database_url: str) -> None:
    jobs = [Scripted() for _ in range(4)]
    async with AsyncExitStack() as stack:
        for job in jobs:
            await stack.enter_async_context(working(database_url, job, told_on=CHANNEL))
        await until(database_url, "SELECT count(*) > 0 FROM pgqueuer_log WHERE status = 'successful'")
        await until(database_url, EMPTY)
        before = sum(job.runs for job in jobs)
        await answer(database_url, TELL)
        await until(
            database_url,
            f"SELECT count(*) > {before} FROM pgqueuer_log WHERE status = 'successful'",
        )
        await until(database_url, EMPTY)
    assert 1 <= sum(job.runs for job in jobs) - before <= 4


async def test_one_that_is_not_told_does_not_listen(database_url: str) -> None:
    job = Scripted()
    async with working(database_url, job) as one:
        await one.log.says("job_done")
        await until(database_url, EMPTY)
        await answer(database_url, TELL)
        assert await answer(database_url, EMPTY)
    assert job.runs == 1
