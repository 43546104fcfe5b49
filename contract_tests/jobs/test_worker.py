"""The worker: at its time, on one server of many, through outages, and until it is told to stop."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from api.jobs.job import Outcome
from api.jobs.worker import Pace
from contract_tests.harness.stored import everything_stored
from contract_tests.jobs.working import (
    ABANDON,
    AT_ONCE,
    CUT,
    DUE,
    EMPTY,
    FAR_OFF,
    HAS_SUCCEEDED,
    IN_HAND,
    NEVER,
    NOW,
    RUNNING,
    SOON,
    SOON_S,
    WAITING,
    Held,
    Scripted,
    Working,
    answer,
    counted,
    reads,
    succeeded,
    until,
    working,
)
from persistence.database import StoreUnavailable


async def test_a_run_is_logged_and_counted(database_url: str) -> None:
    async with working(database_url, Scripted(Outcome(3, more=False))) as one:
        (event,) = await one.log.says("job_done")
        assert {name: event[name] for name in ("job", "rows", "more")} == {
            "job": "sweep",
            "rows": 3,
            "more": False,
        }
        assert isinstance(event["duration_ms"], int)
        numbers = counted(one.metrics)
        await until(database_url, EMPTY)
    assert numbers['candor_job_last_success_timestamp_seconds{job="sweep"}'] == NOW.timestamp()
    assert numbers['candor_job_rows_removed_total{job="sweep"}'] == 3
    assert numbers['candor_job_last_run_rows_removed{job="sweep"}'] == 3
    assert numbers['candor_job_last_run_seconds{job="sweep"}'] > 0
    assert numbers['candor_job_runs_total{job="sweep",outcome="done"}'] == 1
    assert await answer(database_url, "SELECT count(*) FROM pgqueuer_log WHERE status = 'successful'") == 1
    assert await answer(database_url, "SELECT count(*) FROM pgqueuer_statistics") == 0


async def test_what_a_bound_left_is_done_soon_and_the_rest_in_its_time(database_url: str) -> None:
    job = Scripted(Outcome(5, more=True), Outcome(2, more=False))
    async with working(database_url, job) as one:
        await one.log.says("job_done", "job_done")
        await until(database_url, EMPTY)
        assert counted(one.metrics)['candor_job_runs_total{job="sweep",outcome="more"}'] == 1
    assert job.runs == 2


class TestItsTime:
    async def test_is_when_the_schedule_says_so(self, database_url: str) -> None:
        await answer(database_url, HAS_SUCCEEDED)
        await answer(database_url, DUE)
        async with working(database_url, Scripted()) as one:
            await one.log.says("job_done")
        assert await answer(database_url, "SELECT next_run > now() FROM pgqueuer_schedules")

    async def test_is_not_before(self, database_url: str) -> None:
        await answer(database_url, HAS_SUCCEEDED)
        job = Scripted()
        async with working(database_url, job):
            await until(database_url, "SELECT count(*) = 1 FROM pgqueuer_schedules WHERE next_run > now()")
            assert await answer(database_url, EMPTY)  # what was missed is in the queue before that
        assert job.runs == 0

    async def test_is_made_up_for_when_nobody_attended(self, database_url: str) -> None:
        await answer(database_url, succeeded(NOW - 2 * NEVER))
        async with working(database_url, Scripted()) as one:
            await one.log.says("job_done")

    @pytest.mark.parametrize(
        ("every", "expression"),
        [
            (timedelta(minutes=5), "*/5 * * * *"),
            (timedelta(hours=1), "7 */1 * * *"),
            (timedelta(hours=6), "7 */6 * * *"),
            (timedelta(days=1), "7 3 * * *"),
        ],
    )
    async def test_comes_again_and_again(self, database_url: str, every: timedelta, expression: str) -> None:
        async with working(database_url, Scripted(), every=every):
            await until(
                database_url, f"SELECT count(*) = 1 FROM pgqueuer_schedules WHERE expression = '{expression}'"
            )

    @pytest.mark.parametrize(
        "every", [timedelta(0), timedelta(minutes=7), timedelta(hours=5), timedelta(days=2)]
    )
    def test_cannot_be_just_anything(self, every: timedelta) -> None:
        with pytest.raises(ValueError, match="cannot be due every"):
            Working("postgresql://127.0.0.1/none", Scripted(), every=every, pace=AT_ONCE)


class TestAFailure:
    async def test_that_is_an_outage_is_logged_and_outlived(self, database_url: str) -> None:
        job = Scripted(StoreUnavailable("The database is away."), Outcome(1, more=False))
        async with working(database_url, job) as one:
            failed, _ = await one.log.says("job_failed", "job_done")
            assert (
                counted(one.metrics)['candor_job_last_failure_timestamp_seconds{job="sweep"}']
                == NOW.timestamp()
            )
        assert failed["exception"] == "StoreUnavailable"
        assert "away" not in str(failed)

    async def test_that_is_a_defect_is_logged_and_outlived(self, database_url: str) -> None:
        async with working(database_url, Scripted(KeyError("ada@example.org"))) as one:
            failed, _ = await one.log.says("job_failed", "job_done")
        assert failed["exception"] == "KeyError"
        assert "ada" not in str(failed)

    async def test_leaves_nothing_of_its_text_in_the_database(self, database_url: str) -> None:
        async with working(database_url, Scripted(KeyError("ada@example.org"))) as one:
            await one.log.says("job_failed", "job_done")
            await until(database_url, EMPTY)
        assert "ada@" not in everything_stored(database_url)

    async def test_makes_the_pauses_grow(self, database_url: str) -> None:
        slow = Pace(timedelta(0), after_failure=timedelta(hours=1))
        async with working(database_url, Scripted(KeyError()), pace=slow):
            await until(database_url, FAR_OFF)
            await answer(database_url, "UPDATE pgqueuer SET execute_after = now()")


class TestTheConnection:
    async def test_that_is_cut_is_replaced(self, database_url: str) -> None:
        async with working(database_url, Scripted()) as one:
            await one.log.says("job_done")
            await until(database_url, EMPTY)
            await answer(database_url, CUT)
            await one.log.says("job_done", "jobs_interrupted", "jobs_resumed")
            assert counted(one.metrics)["candor_jobs_attended"] == 1

    async def test_is_missed_when_it_is_cut_and_not_when_it_is_next_used(self, database_url: str) -> None:
        idle = Pace(timedelta(0), look=NEVER, rejoin=SOON)
        async with working(database_url, Scripted(), pace=idle) as one:
            await one.log.says("job_done")
            await until(database_url, EMPTY)
            await answer(database_url, CUT)
            async with asyncio.timeout(10):  # well before the database is asked how the jobs stand
                await one.log.says("job_done", "jobs_interrupted", "jobs_resumed")

    async def test_that_is_cut_under_a_run_leaves_the_run_to_be_repeated(self, database_url: str) -> None:
        held = Held()
        async with working(database_url, held) as one:
            await held.began.wait()
            await answer(database_url, CUT)
            await until(database_url, "SELECT count(*) = 1 FROM pgqueuer WHERE status = 'picked'")
            held.let_go.set()
            await answer(database_url, ABANDON)
            async with asyncio.timeout(SOON_S):
                while one.log.events[-1]["event"] != "job_done":
                    await one.log.more()
            await until(database_url, EMPTY)

    async def test_that_cannot_be_had_is_tried_again(self) -> None:
        job = Scripted()
        async with working("postgresql://nobody:secret@127.0.0.1:1/none", job) as one:
            first, *_ = await one.log.says(*["jobs_interrupted"] * 4)
            assert counted(one.metrics)["candor_jobs_attended"] == 0
        assert (first["exception"], job.runs) == ("StoreUnavailable", 0)


class TestSeveralServers:
    async def test_share_the_work_so_that_it_is_done_once(self, database_url: str) -> None:
        job = Scripted()
        async with AsyncExitStack() as servers:
            every = [await servers.enter_async_context(working(database_url, job)) for _ in range(5)]
            async with asyncio.timeout(SOON_S):
                await asyncio.wait(
                    [asyncio.create_task(each.log.says("job_done")) for each in every],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            await until(database_url, EMPTY)
            for each in every:
                await reads(each.metrics, "candor_jobs_attended")
        assert job.runs == 1

    async def test_leave_a_run_to_the_one_that_has_it(self, database_url: str) -> None:
        held, other = Held(), Scripted()
        async with working(database_url, held) as first:
            await held.began.wait()
            async with working(database_url, other) as second:
                depth = await reads(second.metrics, RUNNING)
            held.let_go.set()
            await first.log.says("job_done")
        assert other.runs == 0
        assert depth[RUNNING] == 1
        assert depth[WAITING] == 0

    async def test_take_over_what_one_that_died_had_in_hand(self, database_url: str) -> None:
        await answer(database_url, HAS_SUCCEEDED)
        await answer(database_url, IN_HAND)
        async with working(database_url, Scripted()) as one:
            await one.log.says("job_done")


class TestStopping:
    async def test_cuts_a_run_short_and_hands_it_back(self, database_url: str) -> None:
        held = Held()
        async with working(database_url, held) as one:
            await held.began.wait()
        assert one.log.events == []
        assert await answer(database_url, "SELECT status FROM pgqueuer") == "queued"
        async with working(database_url, Scripted()) as next_one:
            await next_one.log.says("job_done")

    async def test_comes_before_the_first_run(self, database_url: str) -> None:
        job = Scripted()
        async with working(database_url, job, pace=Pace(first=NEVER)) as one:
            pass
        assert (job.runs, one.log.events) == (0, [])

    async def test_does_not_wait_for_a_database_that_is_away(self) -> None:
        slow = Pace(rejoin=NEVER)
        async with working("postgresql://nobody:secret@127.0.0.1:1/none", Scripted(), pace=slow) as one:
            await one.log.says("jobs_interrupted")


async def test_the_environment_does_not_rename_the_tables(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "CHANNEL",
        "TRIGGER",
        "FUNCTION",
        "QUEUE_TABLE",
        "PGQUEUER_SCHEDULES_TABLE",
        "PGQUEUER_SCHEMA",
    ):
        monkeypatch.setenv(name, "elsewhere")
    async with working(database_url, Scripted()) as one:
        await one.log.says("job_done")
