"""What a caller is told when the database fails amid a change: nothing was done, or nobody knows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from api.problems import render
from contract_tests.death.calls import NOTHING_CHANGED
from contract_tests.storage.cluster import SharedCluster
from persistence.availability import OutcomeUnknown, StoreUnavailable
from persistence.database import Database
from persistence.statement import Statement

MAKE = Statement(text("CREATE TABLE note (id integer)"))
ADD = Statement(text("INSERT INTO note VALUES (1) RETURNING id"))
ADD_LATE = Statement(text("INSERT INTO note SELECT 1 FROM pg_sleep(30) RETURNING id"))
LOCK = Statement(text("SELECT id FROM note FOR UPDATE"))
ADD_UNLOCKED = Statement(
    text("INSERT INTO note SELECT 2 FROM (SELECT id FROM note FOR UPDATE NOWAIT) AS locked RETURNING id")
)
WHO = Statement(text("SELECT pg_backend_pid() AS process"))
END = Statement(text("SELECT pg_terminate_backend(:process, 5000)"))
COUNT = Statement(text("SELECT count(*) AS count FROM note"))


@pytest.fixture
async def database(cluster: SharedCluster) -> AsyncIterator[Database]:
    """With a table, and little patience."""
    opened = await Database.connect(cluster.create_database("outcome"), pool_size=2, statement_timeout_s=0.5)
    async with opened.unit_of_work() as store:
        await store.write(MAKE)
    yield opened
    await opened.close()


async def count(database: Database) -> int:
    row = await database.unit_of_work().row(COUNT)
    assert row is not None
    return int(row["count"])


class TestOutcome:
    async def test_is_nothing_before_the_order_to_commit(self, database: Database) -> None:
        store = database.unit_of_work()
        await store.write(ADD)
        with pytest.raises(StoreUnavailable) as told:
            await store.write(ADD_LATE)
        await store.rollback()
        assert not isinstance(told.value, OutcomeUnknown)
        assert await count(database) == 0

    async def test_is_unknown_once_the_order_to_commit_is_given(self, database: Database) -> None:
        store = database.unit_of_work()
        await store.write(ADD)
        row = await store.row(WHO)
        assert row is not None
        await database.unit_of_work().row(END, process=row["process"])
        with pytest.raises(OutcomeUnknown):
            await store.commit()

    async def test_is_unknown_for_a_lone_change_that_stays_unanswered(self, database: Database) -> None:
        store = database.unit_of_work()
        store.defer(ADD_LATE)
        with pytest.raises(OutcomeUnknown):
            await store.commit()

    async def test_is_nothing_where_the_database_says_so(self, database: Database) -> None:
        holding, store = database.unit_of_work(), database.unit_of_work()
        async with holding:
            await holding.write(ADD)
        await holding.write(LOCK)
        store.defer(ADD_UNLOCKED)
        with pytest.raises(StoreUnavailable) as told:
            await store.commit()
        assert not isinstance(told.value, OutcomeUnknown)
        await holding.rollback()
        assert await count(database) == 1


@pytest.mark.parametrize("path", ["/oauth2/token", "/instance/alive"])
def test_only_a_known_outcome_is_told_as_one(path: str) -> None:
    for failure, nothing_changed in ((StoreUnavailable("x"), True), (OutcomeUnknown("x"), False)):
        answer = render(failure, request_id="01KAJ3S9QWXJ0V0B4R1YH8N2CD", path=path)
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "1"
        assert (NOTHING_CHANGED in str(answer.body)) is nothing_changed
