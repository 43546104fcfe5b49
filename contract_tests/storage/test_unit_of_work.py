"""What a unit of work promises: reads at once, writes together, deferred work last, nothing half done."""

import asyncio
import ipaddress
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import bindparam, insert, select, text, update

from contract_tests.storage.test_statement import CODE, REDEEM, TOKEN
from persistence.address import Address
from persistence.database import Database, StoreUnavailable
from persistence.statement import Statement
from persistence.unit_of_work import TransactionLost, UnitOfWork

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)

ADD = Statement(insert(CODE).values(id=bindparam("id"), uses=0).returning(CODE.c.id))
CODES = Statement(select(CODE.c.id, CODE.c.uses).order_by(CODE.c.id))
USE_ONCE = Statement(
    update(CODE).where(CODE.c.id == bindparam("code"), CODE.c.uses == 0).values(uses=1).returning(CODE.c.id)
)
KEEP = Statement(insert(TOKEN).returning(TOKEN))
WHO = Statement(text("SELECT pg_backend_pid() AS process"))
SLEEP = Statement(text("SELECT pg_sleep(30)"))


class AlreadyUsed(Exception):
    pass


@pytest.fixture(autouse=True)
async def _tables(database_url: str) -> AsyncIterator[None]:
    connection = await Address.parse(database_url).open()
    await connection.execute(
        "CREATE TABLE code (id text PRIMARY KEY, uses integer);"
        "CREATE TABLE token (id text PRIMARY KEY, code text, at timestamptz, tags text[], ip inet);"
        "CREATE TABLE child (id text REFERENCES code DEFERRABLE INITIALLY DEFERRED)"
    )
    yield
    await connection.execute("DROP TABLE code, token, child")
    await connection.close()


@pytest.fixture
def store(database: Database) -> UnitOfWork:
    return database.unit_of_work()


async def stored(database: Database) -> list[str]:
    return [row["id"] for row in await database.unit_of_work().rows(CODES)]


class TestReading:
    async def test_sees_nothing_then_something(self, store: UnitOfWork) -> None:
        assert await store.row(CODES) is None
        assert await store.rows(CODES) == []

    async def test_gives_the_connection_back_at_once(self, database_url: str) -> None:
        database = await Database.connect(database_url, pool_size=1, acquire_timeout_s=0.2)
        first, second = database.unit_of_work(), database.unit_of_work()
        await first.row(CODES)
        await second.row(CODES)
        await database.close()

    async def test_returns_the_types_of_the_language(self, store: UnitOfWork) -> None:
        row = await store.write(
            KEEP, id="t", code=None, at=NOW, tags=["a", "b"], ip=ipaddress.ip_address("2001:db8::1")
        )
        await store.commit()
        assert row is not None
        assert row["at"] == NOW
        assert row["at"].utcoffset() == timedelta(0)
        assert row["tags"] == ["a", "b"]
        assert row["ip"] == ipaddress.IPv6Address("2001:db8::1")
        assert row["code"] is None

    async def test_decodes_json(self, store: UnitOfWork) -> None:
        row = await store.row(Statement(text("""SELECT CAST('{"a": [1]}' AS jsonb) AS document""")))
        assert row is not None
        assert row["document"] == {"a": [1]}


class TestWriting:
    async def test_is_seen_by_others_after_commit(self, database: Database, store: UnitOfWork) -> None:
        await store.write(ADD, id="a")
        assert [row["id"] for row in await store.rows(CODES)] == ["a"]
        assert await stored(database) == []
        await store.commit()
        assert await stored(database) == ["a"]

    async def test_rollback_undoes_and_forgets(self, database: Database, store: UnitOfWork) -> None:
        await store.write(ADD, id="a")
        store.defer(ADD, id="b")
        await store.rollback()
        await store.rollback()
        await store.commit()
        assert await stored(database) == []

    async def test_a_chain_of_changes_runs_as_one_statement(self, store: UnitOfWork) -> None:
        await store.write(ADD, id="c")
        granted = [await store.write(REDEEM, code="c", token=f"t{n}", now=NOW) for n in range(4)]
        await store.commit()
        assert [row["id"] if row else None for row in granted] == ["t0", "t1", "t2", None]

    async def test_the_block_form_commits_or_rolls_back(self, database: Database) -> None:
        async with database.unit_of_work() as store:
            await store.write(ADD, id="a")

        async def fail_halfway() -> None:
            async with database.unit_of_work() as store:
                await store.write(ADD, id="b")
                raise AlreadyUsed

        with pytest.raises(AlreadyUsed):
            await fail_halfway()
        assert await stored(database) == ["a"]

    async def test_fifty_at_once_have_one_winner(self, database: Database, store: UnitOfWork) -> None:
        await store.write(ADD, id="c")
        await store.commit()

        async def redeem() -> bool:
            async with database.unit_of_work() as own:
                return await own.write(USE_ONCE, code="c") is not None

        assert sum(await asyncio.gather(*(redeem() for _ in range(50)))) == 1

    async def test_a_swallowed_failure_is_not_committed(self, database: Database, store: UnitOfWork) -> None:
        await store.write(ADD, id="a")
        with pytest.raises(asyncpg.UniqueViolationError):
            await store.write(ADD, id="a")
        with pytest.raises(TransactionLost):
            await store.commit()
        assert await stored(database) == []

    async def test_a_constraint_that_is_checked_last_fails_the_commit(
        self, database: Database, store: UnitOfWork
    ) -> None:
        await store.write(ADD, id="a")
        await store.write(Statement(text("INSERT INTO child VALUES ('missing') RETURNING id")))
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await store.commit()
        assert await stored(database) == []


class TestDeferring:
    async def test_a_lone_statement_waits_for_commit(self, database: Database, store: UnitOfWork) -> None:
        store.defer(ADD, id="a")
        assert await stored(database) == []
        await store.commit()
        assert await stored(database) == ["a"]
        await store.commit()
        assert await stored(database) == ["a"], "a second commit repeats nothing"

    async def test_several_are_stored_together_or_not(self, database: Database, store: UnitOfWork) -> None:
        store.defer(ADD, id="a")
        store.defer(ADD, id="a")
        with pytest.raises(asyncpg.UniqueViolationError):
            await store.commit()
        assert await stored(database) == []

    async def test_no_row_undoes_the_writes_and_raises(self, database: Database, store: UnitOfWork) -> None:
        await store.write(ADD, id="a")
        store.defer(USE_ONCE, otherwise=AlreadyUsed, code="missing")
        with pytest.raises(AlreadyUsed):
            await store.commit()
        assert await stored(database) == []

    async def test_no_row_of_a_lone_chain_undoes_it(self, database: Database, store: UnitOfWork) -> None:
        await store.write(ADD, id="a")
        await store.commit()
        every = update(CODE).where(CODE.c.id == bindparam("code")).values(uses=9)
        used = every.returning(CODE.c.id).cte("used")
        no_row = Statement(select(used.c.id).where(text("false")))
        store.defer(no_row, otherwise=AlreadyUsed, code="a")
        with pytest.raises(AlreadyUsed):
            await store.commit()
        row = await database.unit_of_work().row(CODES)
        assert row is not None
        assert row["uses"] == 0

    async def test_a_row_raises_nothing(self, store: UnitOfWork) -> None:
        await store.write(ADD, id="a")
        store.defer(USE_ONCE, otherwise=AlreadyUsed, code="a")
        await store.commit()

    async def test_wrong_values_are_refused_where_the_mistake_is(self, store: UnitOfWork) -> None:
        with pytest.raises(TypeError):
            store.defer(ADD, identifier="a")


class TestOutages:
    async def test_an_exhausted_pool_answers_within_its_limit(self, database_url: str) -> None:
        database = await Database.connect(database_url, pool_size=1, acquire_timeout_s=0.2)
        holding, waiting = database.unit_of_work(), database.unit_of_work()
        await holding.write(ADD, id="a")
        with pytest.raises(StoreUnavailable):
            await waiting.row(CODES)
        await holding.rollback()
        assert await waiting.row(CODES) is None
        await database.close()

    async def test_a_deadlock_is_an_outage_of_one_side(self, database: Database, store: UnitOfWork) -> None:
        for name in ("a", "b"):
            await store.write(ADD, id=name)
        await store.commit()
        left, right = database.unit_of_work(), database.unit_of_work()
        await left.write(USE_ONCE, code="a")
        await right.write(USE_ONCE, code="b")
        outcomes = await asyncio.gather(
            left.write(USE_ONCE, code="b"), right.write(USE_ONCE, code="a"), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes].count(StoreUnavailable) == 1
        await left.rollback()
        await right.rollback()

    async def test_a_cancelled_call_leaves_a_usable_pool(self, database_url: str) -> None:
        database = await Database.connect(database_url, pool_size=1, acquire_timeout_s=2)
        for start in (UnitOfWork.row, UnitOfWork.write):
            store = database.unit_of_work()
            call = asyncio.create_task(start(store, SLEEP))
            done, _ = await asyncio.wait({call}, timeout=0.2)
            assert not done
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await store.rollback()
            row = await database.unit_of_work().row(WHO)
            assert row is not None
        await database.close()

    async def test_a_defect_stays_a_defect(self, store: UnitOfWork) -> None:
        with pytest.raises(asyncpg.UndefinedTableError):
            await store.row(Statement(text("SELECT 1 FROM nowhere")))

    async def test_a_statement_cut_off_by_a_restart_is_an_outage(
        self, database: Database, store: UnitOfWork
    ) -> None:
        row = await store.write(WHO)
        assert row is not None
        call = asyncio.create_task(store.row(SLEEP))
        done, _ = await asyncio.wait({call}, timeout=0.2)
        assert not done
        kill = Statement(text("SELECT pg_terminate_backend(:process)"))  # what a shutdown does to each
        await database.unit_of_work().row(kill, process=row["process"])
        with pytest.raises(StoreUnavailable):
            await call
        await store.rollback()

    async def test_a_lost_connection_is_replaced(self, database: Database, store: UnitOfWork) -> None:
        row = await store.write(WHO)
        assert row is not None
        kill = Statement(text("SELECT pg_terminate_backend(:process)"))
        await database.unit_of_work().row(kill, process=row["process"])
        with pytest.raises(StoreUnavailable):
            await store.write(ADD, id="a")
        await store.rollback()
        await store.write(ADD, id="b")
        await store.commit()
        assert await stored(database) == ["b"]


class TestConnecting:
    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("postgresql://u:s3cret@127.0.0.1:1/x", "127.0.0.1:1/x cannot be reached: nothing accepts"),
            ("candor-embedded:///nowhere", "database in /nowhere cannot be reached: no server is running"),
        ],
    )
    async def test_an_unreachable_server_is_named(self, url: str, sentence: str) -> None:
        with pytest.raises(StoreUnavailable, match=sentence) as refusal:
            await Database.connect(url)
        assert "s3cret" not in str(refusal.value)

    @pytest.mark.parametrize(
        "url",
        [
            "mysql://u:s3cret@h/x",
            "postgresql://u:s3c/ret@h/x",
            "postgresql://u:s3c@ret@h/x",
            "postgresql://u@h:s3cret/x",
            "candor-embedded://host/s3cret?x=1",
        ],
    )
    async def test_a_malformed_url_is_refused_without_repeating_it(self, url: str) -> None:
        with pytest.raises(ValueError, match="URL") as refusal:
            await Database.connect(url)
        assert "s3c" not in str(refusal.value)

    async def test_an_unknown_database_is_named_as_the_reason(self, database_url: str) -> None:
        with pytest.raises(StoreUnavailable, match="no database of that name"):
            await Database.connect(re.sub(r"test_unit_of_work_\w+", "missing", database_url))
