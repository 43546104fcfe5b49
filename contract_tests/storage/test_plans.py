"""How PostgreSQL answers every statement of the program: through an index, whatever the size of the tables.

All statements that `persistence` compiles are planned as they are once prepared, against a database of two
thousand instances. A statement may look through no table that grows with the instances, and through no index
of one from end to end.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

import persistence
from api.contract.document import load
from api.contract.retention import compile_retention
from api.settings import CONTRACT
from contract_tests.bench.growth_rows import SAMPLE_TABLE, fills, tables
from contract_tests.storage.cluster import SharedCluster
from persistence.address import Address
from persistence.retention import removals
from persistence.statement import Statement

INSTANCES = 2_000

EXCUSED = {"persistence.accounts._ACCOUNT_BY_NAME"}
"""An operator's command, by an e-mail address in any capitals. This list may only become shorter."""

UNCLAIMED = "ix_instance_unclaimed"
"""An index of the unclaimed instances alone, whose number is capped: it may be read from end to end."""


def statements() -> Iterator[tuple[str, str]]:
    """Every compiled statement of the program by its name in the code."""
    for module in pkgutil.walk_packages(persistence.__path__, "persistence."):
        if ".migrations" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Statement) and not value.sql.startswith("LOCK"):
                yield f"{module.name}.{name}", value.sql
    for removal in removals(compile_retention(load(CONTRACT).tree, unclaimed_life=timedelta(days=1))):
        yield f"removal of {removal.expiry.table} by {removal.expiry.column}", removal.sql


SQL = dict(statements())

COARSE = {
    "through the table": "SELECT id FROM session WHERE generation = $1",
    "through the index": "SELECT id FROM session ORDER BY expires_at LIMIT 1",
}
"""Statements that no request may make."""

_COUNT = "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'planned'"


@pytest.fixture(scope="module")
def plans(cluster: SharedCluster, migrated: str) -> Mapping[str, Any]:
    """The plan of each statement."""
    url = cluster.create_database("plans", like=migrated)
    return asyncio.run(planned(url))


async def planned(url: str) -> Mapping[str, Any]:
    connection = await Address.parse(url).open()
    try:
        await populate(connection)
        # As on the embedded server, and as after the first executions of a prepared statement.
        await connection.execute("SET random_page_cost = 1.1; SET plan_cache_mode = force_generic_plan")
        return {name: await plan(connection, sql) for name, sql in (SQL | COARSE).items()}
    finally:
        await connection.close()


async def populate(connection: asyncpg.Connection[Any]) -> None:
    await connection.execute(SAMPLE_TABLE)
    for fill in fills():
        await connection.execute(fill.statement(INSTANCES))
    await connection.execute("ANALYZE")


async def plan(connection: asyncpg.Connection[Any], sql: str) -> Any:
    await connection.execute(f"PREPARE planned AS {sql}")
    try:
        count = await connection.fetchval(_COUNT)
        values = f"({', '.join(['NULL'] * count)})" if count else ""
        explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE planned{values}")
        return json.loads(explained)[0]["Plan"]
    finally:
        await connection.execute("DEALLOCATE planned")


def offences(node: Mapping[str, Any]) -> list[str]:
    """Where a plan looks through more than it was asked for."""
    found = [each for below in node.get("Plans", ()) for each in offences(below)]
    kind, index = node["Node Type"], node.get("Index Name", "")
    if kind == "Seq Scan" and node["Relation Name"] in tables():
        found.append(f"looks through the table {node['Relation Name']}")
    if "Index" in kind and "Index Cond" not in node and index != UNCLAIMED and not index.startswith("pg_"):
        found.append(f"looks through the index {index}")
    return found


@pytest.mark.parametrize("name", sorted(SQL.keys() - EXCUSED))
def test_goes_straight_to_its_rows(plans: Mapping[str, Any], name: str) -> None:
    assert offences(plans[name]) == []


@pytest.mark.parametrize("name", sorted(EXCUSED))
def test_who_is_excused_needs_it(plans: Mapping[str, Any], name: str) -> None:
    assert offences(plans[name])


def test_every_table_that_a_request_fills_was_filled(plans: Mapping[str, Any]) -> None:
    named = " ".join(SQL.values())
    assert all(table in named for table in tables())
    assert {"interaction", "interaction_clock", "access_token", "refresh_token", "session"} <= {*tables()}


@pytest.mark.parametrize("name", COARSE)
def test_a_look_through_everything_is_seen(plans: Mapping[str, Any], name: str) -> None:
    (offence,) = offences(plans[name])
    assert name in offence
