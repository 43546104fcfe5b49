"""A registration key registers as many instances as it has uses, and one that failed does not use it up."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from contract_tests.harness.instances import GRANT_TYPES, SCOPE
from contract_tests.harness.lanes import Lanes
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told

MADE, REFUSED = "201", "403 invalid_registration_key"


def key_of(arena: Arena, *terms: str) -> dict[str, Any]:
    return arena.admin.run("registration-key", "create", "--user", arena.ada.email, *terms)


def made_with(arena: Arena, key: dict[str, Any]) -> tuple[int, int]:
    """How many instances there are of it, and how often it says it was used."""
    query = (
        "SELECT uses, (SELECT count(*) FROM instance i WHERE i.registration_key_id = k.id) AS instances "
        "FROM registration_key k WHERE k.id = $1"
    )
    found = arena.rows(query, key["id"])[0]
    return found["instances"], found["uses"]


async def fifty_with(http: Lanes, key: dict[str, Any], *scopes: str) -> list[httpx.Response]:
    """Fifty registrations at once, the scopes in turn."""
    bodies = (
        {
            "grant_types": GRANT_TYPES,
            "scope": scopes[turn % len(scopes)],
            "instance_registration_key": key["key"],
        }
        for turn in range(FIFTY)
    )
    return await asyncio.gather(*(http.post("/oauth2/register", json=body) for body in bodies))


async def test_of_fifty_with_a_single_use_key_one_is_registered(arena: Arena, crowd: Lanes) -> None:
    key = key_of(arena)
    assert told(await fifty_with(crowd, key, SCOPE)) == {MADE: 1, REFUSED: 49}
    assert made_with(arena, key) == (1, 1)


async def test_a_key_of_seven_uses_registers_seven(arena: Arena, crowd: Lanes) -> None:
    key = key_of(arena, "--max-uses", "7")
    assert told(await fifty_with(crowd, key, SCOPE)) == {MADE: 7, REFUSED: 43}
    assert made_with(arena, key) == (7, 7)


async def test_failed_registrations_among_the_fifty_use_nothing_up(arena: Arena, crowd: Lanes) -> None:
    key = key_of(arena)
    answers = await fifty_with(crowd, key, "nonsense", SCOPE)
    assert told(answers[::2]) == {"400 invalid_scope": 25}
    assert told(answers[1::2]) == {MADE: 1, REFUSED: 24}
    assert made_with(arena, key) == (1, 1)


async def test_revoking_it_among_the_fifty_drops_none_and_lets_none_in_afterwards(
    arena: Arena, crowd: Lanes
) -> None:
    key = key_of(arena, "--reusable")
    answers, _ = await asyncio.gather(
        fifty_with(crowd, key, SCOPE),
        asyncio.to_thread(arena.admin.run, "registration-key", "revoke", "--id", key["id"]),
    )
    seen = told(answers)
    assert seen.keys() <= {MADE, REFUSED}
    assert made_with(arena, key) == (seen[MADE], seen[MADE])
    assert told(await fifty_with(crowd, key, SCOPE)) == {REFUSED: 50}
    assert made_with(arena, key) == (seen[MADE], seen[MADE])
