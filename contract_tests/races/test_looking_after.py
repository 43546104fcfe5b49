"""Fifty at once who look after the same instance: what can be done once is done once."""

from __future__ import annotations

import asyncio

import httpx

from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.lanes import Lanes
from contract_tests.harness.people import Person
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told
from contract_tests.races.test_refresh_tokens import refreshing

ROUNDS = 4


def id_of(arena: Arena, instance: Instance) -> str:
    query = "SELECT id FROM instance WHERE client_id = $1"
    return str(arena.rows(query, instance.client_id)[0]["id"])


async def claimed_by(http: Lanes, code: str, people: list[Person]) -> list[httpx.Response]:
    """Fifty claims of what shows this code, by these people in turn."""
    calls = []
    for turn in range(FIFTY):
        person = people[turn % len(people)]
        body = {"user_code": code, "name": f"claim {turn}", "workspace_id": person.workspace_id}
        calls.append(http.post("/api/v1/instances", json=body, headers=bearer(person.pat)))
    return await asyncio.gather(*calls)


async def test_of_fifty_claims_by_one_person_one_is_made(arena: Arena, crowd: Lanes) -> None:
    found = Instance.register(arena.client)
    answers = await claimed_by(crowd, found.start_device_flow().user_code, [arena.ada])
    assert told(answers) == {"201": 1, "409 already_claimed": 49}
    (made,) = [each.json() for each in answers if each.is_success]
    (row,) = arena.rows("SELECT name, workspace_id FROM instance WHERE id = $1", made["id"])
    assert (row["name"], row["workspace_id"]) == (made["name"], arena.ada.workspace_id)
    assert len(arena.rows("SELECT 1 FROM mail WHERE subject_id = $1", made["id"])) == 1


async def test_of_fifty_claims_by_several_people_one_is_made(arena: Arena, crowd: Lanes) -> None:
    people = [arena.ada, *(Person.create(arena.admin, "ben") for _ in range(4))]
    found = Instance.register(arena.client)
    answers = await claimed_by(crowd, found.start_device_flow().user_code, people)
    seen = told(answers)
    assert seen["201"] == 1
    assert seen.keys() <= {"201", "409 already_claimed", "404 invalid_user_code"}
    (winner,) = [turn for turn, each in enumerate(answers) if each.is_success]
    for turn, each in enumerate(answers):
        mine = turn % len(people) == winner % len(people)
        assert each.is_success or each.status_code == (409 if mine else 404)


async def test_of_fifty_deletions_one_deletes(arena: Arena, crowd: Lanes) -> None:
    instance = arena.instance()
    path = f"/api/v1/instances/{id_of(arena, instance)}"
    answers = await asyncio.gather(*(crowd.delete(path, headers=bearer(arena.ada.pat)) for _ in range(FIFTY)))
    assert told(answers) == {"204": 1, "404 unknown_instance": 49}


async def test_a_deletion_among_refreshes_leaves_no_token_that_works(arena: Arena, crowd: Lanes) -> None:
    for _ in range(ROUNDS):
        instance = arena.instance()
        path, tokens = f"/api/v1/instances/{id_of(arena, instance)}", instance.sign_in(arena.ada.pat)
        answers = await asyncio.gather(
            *(
                crowd.delete(path, headers=bearer(arena.ada.pat))
                if turn == FIFTY // 2
                else crowd.post("/oauth2/token", data=refreshing(instance, tokens.refresh_token))
                for turn in range(FIFTY)
            )
        )
        seen = told(answers)
        assert seen["204"] == 1
        assert seen.keys() <= {"204", "200", "400 invalid_grant", "401 invalid_client"}
        issued = {each.json()["access_token"] for each in answers if each.status_code == 200}
        for token in (tokens.access_token, *issued):
            answer = arena.client.get("/instance/user/session", headers=bearer(token))
            assert answer.status_code == 401
        assert arena.rows("SELECT 1 FROM instance WHERE client_id = $1", instance.client_id) == []


async def test_a_revocation_among_refreshes_leaves_no_token_that_works(arena: Arena, crowd: Lanes) -> None:
    for _ in range(ROUNDS):
        instance = arena.instance()
        tokens = instance.sign_in(arena.ada.pat)
        session = arena.client.get("/instance/user/session", headers=tokens.bearer).json()["id"]
        path = f"/api/v1/instances/{id_of(arena, instance)}/sessions/{session}"
        answers = await asyncio.gather(
            *(
                crowd.delete(path, headers=bearer(arena.ada.pat))
                if turn % 10 == 5
                else crowd.post("/oauth2/token", data=refreshing(instance, tokens.refresh_token))
                for turn in range(FIFTY)
            )
        )
        seen = told(answers)
        assert (seen["204"], seen["404 unknown_session"]) == (1, 4)
        issued = {each.json()["access_token"] for each in answers if each.status_code == 200}
        for token in (tokens.access_token, *issued):
            answer = arena.client.get("/instance/user/session", headers=bearer(token))
            assert answer.status_code == 401
