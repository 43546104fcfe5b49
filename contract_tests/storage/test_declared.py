"""The gate between what the contract declares and what the database can keep."""

from collections.abc import AsyncIterator
from copy import deepcopy

import pytest

from persistence.address import Address
from persistence.database import Database
from persistence.declared import differences

DECLARED: dict[str, dict[str, object]] = {
    "person": {
        "id": "char(26)",
        "email": "varchar(254)",
        "seen_at": "timestamptz",
        "address": "inet",
        "names": "varchar(64)[]",
        "counted": "bigint",
        "born": "date",
        "flag": "boolean",
        "note": "text",
        "digest": "bytea",
        "moment": "timestamptz(3)",
        "rate": "numeric(5, 2)",
    }
}


class Gate:
    """A database with the declared table, to be changed and looked at."""

    def __init__(self, url: str, database: Database) -> None:
        self._url = url
        self._database = database

    async def after(self, change: str) -> list[str]:
        await run(self._url, change)
        return await self.found(DECLARED)

    async def found(self, declared: dict[str, dict[str, object]]) -> list[str]:
        return await differences(self._database, declared)


async def run(url: str, command: str) -> None:
    connection = await Address.parse(url).open()
    try:
        await connection.execute(command)
    finally:
        await connection.close()


@pytest.fixture
async def gate(database_url: str) -> AsyncIterator[Gate]:
    await run(
        database_url,
        "CREATE TABLE person (id char(26), email varchar(254), seen_at timestamptz, address inet,"
        " names varchar(64)[], counted bigint, born date, flag boolean, note text, digest bytea,"
        " moment timestamptz(3), rate numeric(5, 2))",
    )
    database = await Database.connect(database_url, pool_size=1)
    yield Gate(database_url, database)
    await database.close()
    await run(
        database_url,
        "DROP SCHEMA IF EXISTS hidden CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
        " SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
    )


async def test_equal_is_equal(gate: Gate) -> None:
    assert await gate.found(DECLARED) == []


@pytest.mark.promise("N1")
@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("CREATE TABLE spy (id text)", "the table spy is not declared"),
        ("CREATE TABLE empty ()", "the table empty is not declared"),
        ("ALTER TABLE person ADD phone text", "the column person.phone is not declared"),
        ("ALTER TABLE person DROP note", "the declared column person.note does not exist"),
        ("DROP TABLE person", "the declared table person does not exist"),
        (
            "ALTER TABLE person ALTER email TYPE varchar(300)",
            "the column person.email is character varying(300), and declared as character varying(254)",
        ),
        (
            "ALTER TABLE person ALTER names TYPE text[]",
            "the column person.names is text[], and declared as character varying(64)[]",
        ),
        ("CREATE VIEW seen AS SELECT id FROM person", "the view public.seen is not declared"),
        (
            "CREATE MATERIALIZED VIEW kept AS SELECT id FROM person",
            "the materialized view public.kept is not declared",
        ),
        ("CREATE SEQUENCE counter", "the sequence public.counter is not declared"),
        ("CREATE SCHEMA hidden", "the schema hidden is not declared"),
        ("SELECT lo_from_bytea(4711, 'x')", "the large object 4711 is not declared"),
    ],
)
async def test_one_difference_is_one_clause(gate: Gate, change: str, difference: str) -> None:
    assert await gate.after(change) == [difference]


@pytest.mark.promise("N1")
async def test_a_table_in_another_schema_is_found(gate: Gate) -> None:
    assert await gate.after("CREATE SCHEMA hidden; CREATE TABLE hidden.person (id text, more text)") == [
        "the table hidden.person is not declared",
        "the schema hidden is not declared",
    ]


async def test_a_partition_counts_as_its_table(gate: Gate) -> None:
    declared = deepcopy(DECLARED) | {"event": {"at": "date"}}
    await gate.after(
        "CREATE TABLE event (at date) PARTITION BY RANGE (at);"
        "CREATE TABLE event_2030 PARTITION OF event FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')"
    )
    assert await gate.found(declared) == []


async def test_a_sequence_counts_as_the_column_that_owns_it(gate: Gate) -> None:
    declared = deepcopy(DECLARED) | {"event": {"id": "bigint", "number": "integer"}}
    await gate.after("CREATE TABLE event (id bigserial, number integer GENERATED ALWAYS AS IDENTITY)")
    assert await gate.found(declared) == []


async def test_a_sequence_that_a_column_only_uses_is_found(gate: Gate) -> None:
    declared = deepcopy(DECLARED) | {"event": {"id": "bigint"}}
    await gate.after("CREATE SEQUENCE counter; CREATE TABLE event (id bigint DEFAULT nextval('counter'))")
    assert await gate.found(declared) == ["the sequence public.counter is not declared"]


async def test_every_difference_is_told_at_once(gate: Gate) -> None:
    found = await gate.after("ALTER TABLE person DROP note, ADD phone text; CREATE TABLE spy (id text)")
    assert len(found) == 3
