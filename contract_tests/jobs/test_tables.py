"""PgQueuer's tables are those that the installed PgQueuer would make, and it works on them as on its own."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from typing import TypeAlias

import asyncpg
import pytest
from pgqueuer.adapters.persistence import schema_inspect
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.schema.model import Schema
from pgqueuer.domain.settings import DBSettings

from contract_tests.storage.cluster import SharedCluster
from persistence.address import Address

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
SHARED = {"type": "table_changed_event", "channel": "ch_pgqueuer", "table": "pgqueuer"}


@pytest.fixture
async def ours(database_url: str) -> AsyncIterator[Connection]:
    """A database that our migrations made."""
    connection = await Address.parse(database_url).open()
    yield connection
    await connection.close()


@pytest.fixture
async def theirs(cluster: SharedCluster) -> AsyncIterator[Connection]:
    """One in which PgQueuer's installer ran."""
    connection = await Address.parse(cluster.create_database("theirs")).open()
    await Queries.from_asyncpg_connection(connection).install()
    yield connection
    await connection.close()


async def test_the_migration_makes_what_the_installed_version_would(
    ours: Connection, theirs: Connection
) -> None:
    assert await schema(ours) == await schema(theirs)


async def test_the_installed_version_finds_nothing_to_upgrade_but_the_functions_wording(
    ours: Connection,
) -> None:
    plan = await Queries.from_asyncpg_connection(ours).plan_upgrade()
    assert [statement[:47] for statement in plan.statements] == [
        "CREATE OR REPLACE FUNCTION fn_pgqueuer_changed("
    ]
    assert not plan.notes


async def test_the_function_tells_the_same(ours: Connection, theirs: Connection) -> None:
    told = await told_by(ours)
    assert told == await told_by(theirs)
    assert [each["operation"] for each in told] == ["insert", "delete", "truncate"]


async def schema(connection: Connection) -> Schema:
    """Types, tables, indexes and triggers; of functions the name."""
    found = await schema_inspect.inspect(Queries.from_asyncpg_connection(connection).driver, DBSettings())
    functions = tuple(dataclasses.replace(each, body=type(each.body)("")) for each in found.functions)
    return dataclasses.replace(found, functions=functions)


async def told_by(connection: Connection) -> list[dict[str, object]]:
    """What a listener hears of an insert, an update, a delete and a truncation, without the time."""
    heard: list[dict[str, object]] = []
    over = asyncio.Event()

    def hear(_: object, __: int, ___: str, payload: object) -> None:
        if payload == "over":
            over.set()
            return
        message = json.loads(str(payload))
        assert message.pop("sent_at")
        heard.append(message)

    await connection.add_listener("ch_pgqueuer", hear)
    await connection.execute("INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, 'queued', 'x')")
    await connection.execute("UPDATE pgqueuer SET priority = 1")
    await connection.execute("DELETE FROM pgqueuer")
    await connection.execute("TRUNCATE pgqueuer")
    await connection.execute("NOTIFY ch_pgqueuer, 'over'")
    async with asyncio.timeout(30):
        await over.wait()
    assert all(SHARED.items() <= each.items() for each in heard)
    return heard
