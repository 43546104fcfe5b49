"""The retention that the contract declares is kept: what is past it goes, what is not stays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from api.jobs.expiry import RemoveExpired
from api.jobs.job import Job, Outcome
from api.settings import Settings
from contract_tests.harness.schedule import scheduled
from contract_tests.jobs.rows import SESSION, WORKSPACE, Declared, Rows, declared
from persistence.address import Address
from persistence.database import Database, StoreUnavailable
from persistence.retention import Expiry, Removal
from persistence.tables import metadata

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
EVERYTHING = list(declared())
ATTEMPTS = next(each for each in EVERYTHING if each.table == "attempt")
BELONGING_TO_NO_INSTANCE = {
    *("assistant_call", "assistant_key"),
    *("instance", "attempt", "pgqueuer_log", "mail"),
    *("sign_in", "sign_in_token", "sign_up", "account_token", "registration"),
    *("totp_setup", "passkey_setup", "sign_in_ticket"),
}
LONG_AGO = NOW - timedelta(days=500)


@pytest.mark.promise("N1")
@pytest.mark.parametrize("what", EVERYTHING, ids=str)
class TestEachRecordThatExpires:
    async def test_goes_after_its_time_and_not_before(
        self, what: Declared, rows: Rows, database: Database, remove_expired: Job
    ) -> None:
        due = await rows.add(what, NOW - what.after - MINUTE)
        young = await rows.add(what, NOW - what.after + MINUTE)
        assert await remove_expired.run(database, NOW) == Outcome(rows=1, more=False)
        left = await rows.left(what.table)
        assert due not in left
        assert young in left

    async def test_goes_once(
        self, what: Declared, rows: Rows, database: Database, remove_expired: Job
    ) -> None:
        await rows.add(what, LONG_AGO)
        await remove_expired.run(database, NOW)
        before = await rows.left(what.table)
        assert await remove_expired.run(database, NOW) == Outcome(rows=0, more=False)
        assert await rows.left(what.table) == before

    def test_is_found_by_an_index(self, what: Declared) -> None:
        indexed = {index.expressions[0] for index in metadata.tables[what.table].indexes}
        assert metadata.tables[what.table].columns[what.column] in indexed


def test_the_server_reads_the_contract_as_this_test_does(every_removal: Sequence[Removal]) -> None:
    compiled = {removal.expiry for removal in every_removal}
    assert compiled == {Expiry(each.table, each.column, each.after, each.unclaimed) for each in EVERYTHING}


class TestUnclaimedInstances:
    async def test_a_claimed_one_stays_however_old(
        self, rows: Rows, database: Database, remove_expired: Job
    ) -> None:
        await rows.change("UPDATE instance SET registered_at = $1", LONG_AGO)
        assert await remove_expired.run(database, NOW) == Outcome(rows=0, more=False)
        assert len(await rows.left("instance")) == 1

    async def test_one_that_is_being_claimed_meanwhile_stays(
        self, rows: Rows, database: Database, database_url: str, remove_expired: Job
    ) -> None:
        await rows.change("UPDATE instance SET registered_at = $1, workspace_id = NULL", LONG_AGO)
        other = await Address.parse(database_url).open()
        try:
            async with other.transaction():
                await other.execute("UPDATE instance SET workspace_id = $1", WORKSPACE)
                await remove_expired.run(database, NOW)
        finally:
            await other.close()
        await remove_expired.run(database, NOW)
        assert len(await rows.left("instance")) == 1

    async def test_take_along_what_belongs_to_them(
        self, rows: Rows, database: Database, remove_expired: Job
    ) -> None:
        await rows.change("UPDATE instance SET registered_at = $1, workspace_id = NULL", LONG_AGO)
        for what in EVERYTHING:
            if what.table not in BELONGING_TO_NO_INSTANCE:
                await rows.add(what, NOW)
        await remove_expired.run(database, NOW)
        left = {
            what.table: await rows.left(what.table)
            for what in EVERYTHING
            if what.table not in BELONGING_TO_NO_INSTANCE - {"instance"}
        }
        assert not any(left.values())

    async def test_the_operator_may_choose_another_time(self, rows: Rows, database: Database) -> None:
        await rows.change(
            "UPDATE instance SET registered_at = $1, workspace_id = NULL", NOW - timedelta(hours=30)
        )
        patient, strict = (
            scheduled(unclaimed_life=timedelta(hours=hours))["remove_expired"] for hours in (48, 1)
        )
        assert (await patient.run(database, NOW)).rows == 0
        assert (await strict.run(database, NOW)).rows == 1

    def test_unless_chosen_it_is_what_the_contract_says(self) -> None:
        unclaimed = next(each for each in EVERYTHING if each.unclaimed)
        assert timedelta(seconds=Settings().unclaimed_ttl_s) == unclaimed.after


async def test_an_ended_session_keeps_its_refresh_tokens_for_seeing_replays(
    rows: Rows, database: Database, remove_expired: Job
) -> None:
    used = next(each for each in EVERYTHING if each.table == "refresh_token")
    token = await rows.add(used, NOW + timedelta(days=60))
    await rows.change("UPDATE session SET revoked_at = $1 WHERE id = $2", NOW - timedelta(days=29), SESSION)
    await remove_expired.run(database, NOW)
    assert await rows.left("refresh_token") == {token}


class TestARun:
    async def test_is_bounded_and_the_next_goes_on(
        self, rows: Rows, database: Database, every_removal: Sequence[Removal]
    ) -> None:
        for age in range(25):
            await rows.add(ATTEMPTS, LONG_AGO + age * MINUTE)
        run = RemoveExpired(every_removal, rows_per_step=5, steps_per_run=4)
        assert await run(database, NOW) == Outcome(rows=20, more=True)
        assert len(await rows.left("attempt")) == 5
        assert await run(database, NOW) == Outcome(rows=5, more=False)

    async def test_begins_with_what_expired_first(
        self, rows: Rows, database: Database, every_removal: Sequence[Removal]
    ) -> None:
        young = await rows.add(ATTEMPTS, LONG_AGO + MINUTE)
        await rows.add(ATTEMPTS, LONG_AGO)
        await RemoveExpired(every_removal, rows_per_step=1, steps_per_run=1)(database, NOW)
        assert await rows.left("attempt") == {young}

    async def test_passes_over_rows_that_somebody_holds(
        self, rows: Rows, database: Database, database_url: str, remove_expired: Job
    ) -> None:
        held = await rows.add(ATTEMPTS, LONG_AGO)
        other = await Address.parse(database_url).open()
        try:
            async with other.transaction():
                await other.execute("SELECT * FROM attempt FOR UPDATE")
                await rows.add(ATTEMPTS, LONG_AGO)
                assert await remove_expired.run(database, NOW) == Outcome(rows=1, more=False)
        finally:
            await other.close()
        assert await rows.left("attempt") == {held}

    async def test_two_at_once_share_the_work(
        self, rows: Rows, database: Database, every_removal: Sequence[Removal]
    ) -> None:
        for _ in range(60):
            await rows.add(ATTEMPTS, LONG_AGO)
        run = RemoveExpired(every_removal, rows_per_step=7)
        outcomes = await asyncio.gather(run(database, NOW), run(database, NOW))
        # Each passes over what the other holds at that moment, and what is left is the next run's.
        last = await run(database, NOW)
        assert sum(each.rows for each in (*outcomes, last)) == 60
        assert await rows.left("attempt") == set()

    async def test_that_was_too_much_is_repeated_in_smaller_steps(
        self, rows: Rows, database_url: str, every_removal: Sequence[Removal]
    ) -> None:
        await rows.change(SLOW)
        await rows.change("CREATE TRIGGER slow BEFORE DELETE ON attempt FOR EACH ROW EXECUTE FUNCTION slow()")
        for _ in range(8):
            await rows.add(ATTEMPTS, LONG_AGO)
        run = RemoveExpired(every_removal, rows_per_step=8)
        await rows.change("ALTER ROLE CURRENT_USER IN DATABASE " + (await rows.database()) + LIMITED)
        database = await Database.connect(database_url, pool_size=1)
        try:
            with pytest.raises(StoreUnavailable):
                await run(database, NOW)
            assert len(await rows.left("attempt")) == 8
            assert await run(database, NOW) == Outcome(rows=8, more=False)
        finally:
            await database.close()


SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.1); RETURN OLD; END $$
"""
LIMITED = " SET statement_timeout = '500ms'"
