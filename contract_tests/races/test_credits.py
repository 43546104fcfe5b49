"""The month's credits come once to whoever looks fifty times at once, whichever worker answers."""

from __future__ import annotations

import asyncio

import pytest

from contract_tests.harness.instances import bearer
from contract_tests.harness.lanes import Lanes
from contract_tests.harness.people import Person
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told

A_MONTH = 500_000


@pytest.mark.promise("K6")
async def test_the_months_credits_come_once(arena: Arena, crowd: Lanes) -> None:
    mia = Person.create(arena.admin, "mia")
    arena.admin.run("subscription", "grant", "--user", mia.email, "--plan", "individual")
    looks = (crowd.get("/api/v1/credits", headers=bearer(mia.pat)) for _ in range(FIFTY))
    answers = await asyncio.gather(*looks)
    assert told(answers) == {"200": FIFTY}
    assert {each.json()["balance"] for each in answers} == {A_MONTH}
    query = "SELECT kind, remaining FROM credit_lot WHERE user_id = $1"
    assert arena.rows(query, mia.id) == [{"kind": "granted", "remaining": A_MONTH}]
    assert arena.admin.run("credits", "verify")["differences"] == []
