"""How PostgreSQL answers every statement of the ledger once there are many people with a long past: through
an index, and never by looking at what belongs to others.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import asyncpg
import pytest

from contract_tests.credits.ledger import NOW
from contract_tests.storage.cluster import SharedCluster
from contract_tests.storage.test_plans import SQL, plan
from persistence.address import Address
from persistence.credits import sweeping

PEOPLE, EACH = 5_000, 10
_ID = "lpad(n::text, 26, '0')"
_OF = f"lpad((n % {PEOPLE})::text, 26, '0')"
FILLS = (
    "INSERT INTO account (id, username, email, name, plan, created_at, updated_at)"
    f" SELECT {_ID}, n::text, n::text, '', 'individual', now(), now()"
    f" FROM generate_series(0, {PEOPLE - 1}) n",
    "INSERT INTO credit_wallet SELECT id, 10, 1, 1, '2027-01', now() + interval '1 day', now() FROM account",
    "INSERT INTO credit_hold SELECT id, id, 'demo', 1, 1, now(), now() + interval '1 day' FROM account",
    f"INSERT INTO credit_transaction SELECT {_ID}, {_OF}, 'spend', 'call:' || {_ID}, now()"
    f" FROM generate_series(1, {PEOPLE * EACH}) n",
    f"INSERT INTO credit_entry SELECT {_ID}, account, 1"
    f" FROM generate_series(1, {PEOPLE * EACH}) n, unnest('{{user,spent}}'::text[]) account",
    f"INSERT INTO credit_lot SELECT {_ID}, {_OF}, {_ID}, 'granted', 10, CASE WHEN n > {PEOPLE * 7} THEN 1"
    f" ELSE 0 END, now(), now() FROM generate_series(1, {PEOPLE * EACH}) n",
    f"INSERT INTO assistant_call SELECT {_ID}, {_OF}, 'demo', 1, 1, 1, 1, 0, false, 1, NULL, now()"
    f" FROM generate_series(1, {PEOPLE * EACH}) n",
    f"INSERT INTO assistant_key SELECT {_OF}, sha256(n::text::bytea), '', {_ID}, now()"
    f" FROM generate_series(1, {PEOPLE * EACH}) n",
    "ANALYZE",
)
GROWING = (
    *("account", "assistant_call", "assistant_key"),
    *(f"credit_{name}" for name in ("wallet", "hold", "transaction", "entry", "lot")),
)
BOUNDED = "persistence.credits.sweeping._RELEASE"
STATEMENTS = sorted(name for name in SQL if name.startswith("persistence.credits."))


@pytest.fixture(scope="module")
def plans(cluster: SharedCluster, migrated: str) -> Mapping[str, Any]:
    """The plan of each statement, as it is once prepared."""
    url = cluster.create_database("ledger_plans", like=migrated)

    async def planned() -> Mapping[str, Any]:
        connection = await Address.parse(url).open()
        try:
            for fill in FILLS:
                await connection.execute(fill)
            await connection.execute("SET random_page_cost = 1.1; SET plan_cache_mode = force_generic_plan")
            found = {name: await plan(connection, SQL[name]) for name in STATEMENTS}
            await connection.execute("SET plan_cache_mode = auto")
            found[BOUNDED] = await bounded(connection)
            return found
        finally:
            await connection.close()

    return asyncio.run(planned())


async def bounded(connection: asyncpg.Connection[Any]) -> Any:
    """The plan of the sweep for the step that the job takes: for a bound that it does not know PostgreSQL
    guesses a tenth of the table, and makes a plan for the value instead."""
    arguments = sweeping._RELEASE.arguments({"now": NOW, "at_most": 100})
    explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {sweeping._RELEASE.sql}", *arguments)
    return json.loads(explained)[0]["Plan"]


def offences(node: Mapping[str, Any]) -> Iterator[str]:
    """Tables that are read from end to end, and indexes likewise."""
    for below in node.get("Plans", ()):
        yield from offences(below)
    kind = node["Node Type"]
    if kind == "Seq Scan" and node["Relation Name"] in GROWING:
        yield f"looks through {node['Relation Name']}"
    if "Index" in kind and "Index Cond" not in node:
        yield f"looks through {node['Index Name']}"


@pytest.mark.parametrize("name", STATEMENTS)
def test_goes_straight_to_its_rows(plans: Mapping[str, Any], name: str) -> None:
    assert list(offences(plans[name])) == []


def test_there_are_statements_to_look_at() -> None:
    assert {f"persistence.credits.{name}" for name in ("holding._RESERVE", "settling._SETTLE")} <= {
        *STATEMENTS
    }
