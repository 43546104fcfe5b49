"""A refresh token has one successor, for everybody who asks in time; a replay ends the family (BCP 9700
section 4.14).
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from contract_tests.harness.instances import Instance, Tokens, bearer
from contract_tests.harness.lanes import Lanes
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import fifty, told

WON, LOST = "200", "400 invalid_grant"


def refreshing(instance: Instance, token: str) -> dict[str, str]:
    return {**instance.credentials, "grant_type": "refresh_token", "refresh_token": token}


def pairs(answers: list[httpx.Response]) -> set[tuple[str, str]]:
    return {
        (each.json()["access_token"], each.json()["refresh_token"]) for each in answers if each.is_success
    }


def family(arena: Arena, instance: Instance) -> dict[str, Any]:
    """The instance's only session: whether it was revoked, and its tokens, used and not."""
    query = """
        SELECT s.revoked_at IS NOT NULL AS revoked,
            (SELECT count(*) FROM access_token t WHERE t.session_id = s.id) AS access_tokens,
            (SELECT count(*) FROM refresh_token r WHERE r.session_id = s.id
                AND r.consumed_at IS NOT NULL) AS used,
            (SELECT count(*) FROM refresh_token r WHERE r.session_id = s.id
                AND r.consumed_at IS NULL) AS unused
        FROM session s JOIN instance i ON i.id = s.instance_id WHERE i.client_id = $1"""
    found = arena.rows(query, instance.client_id)
    assert len(found) == 1
    return found[0]


def chain(*, used: int, revoked: bool) -> dict[str, Any]:
    return {"revoked": revoked, "access_tokens": used + 1, "used": used, "unused": 1}


def usable(arena: Arena, access_token: str) -> bool:
    return arena.client.get("/instance/user/session", headers=bearer(access_token)).status_code == 200


class TestInGrace:
    @pytest.mark.promise("K20")
    async def test_fifty_get_the_same_successor(self, arena: Arena, crowd: Lanes) -> None:
        instance = arena.instance()
        tokens = instance.sign_in(arena.ada.pat)
        answers = await fifty(crowd, "/oauth2/token", refreshing(instance, tokens.refresh_token))
        assert told(answers) == {WON: 50}
        assert len(pairs(answers)) == 1
        assert family(arena, instance) == chain(used=1, revoked=False)
        assert usable(arena, pairs(answers).pop()[0])

    async def test_another_client_gets_nothing_and_harms_nothing(self, arena: Arena, crowd: Lanes) -> None:
        instance, thief = arena.instance(), arena.instance()
        token = instance.sign_in(arena.ada.pat).refresh_token
        answers = await fifty(crowd, "/oauth2/token", refreshing(thief, token), refreshing(instance, token))
        assert told(answers[::2]) == {LOST: 25}
        assert told(answers[1::2]) == {WON: 25}
        assert len(pairs(answers)) == 1
        assert family(arena, instance) == chain(used=1, revoked=False)

    async def test_nothing_is_usable_once_the_person_is_disabled(self, arena: Arena, crowd: Lanes) -> None:
        leaver = Person.create(arena.admin, "leaver")
        instance = arena.instance(key=leaver.key)
        tokens = instance.sign_in(leaver.pat)
        answers, _ = await asyncio.gather(
            fifty(crowd, "/oauth2/token", refreshing(instance, tokens.refresh_token)),
            asyncio.to_thread(arena.admin.run, "user", "disable", "--user", leaver.email),
        )
        assert told(answers).keys() <= {WON, LOST}
        assert len(pairs(answers)) <= 1
        for access_token, refresh_token in pairs(answers) | {(tokens.access_token, tokens.refresh_token)}:
            assert not usable(arena, access_token)
            assert instance.refresh(refresh_token).json()["error"] == "invalid_grant"


class TestReplay:
    @pytest.mark.promise("K20")
    async def test_after_the_grace_fifty_are_refused_and_the_family_is_over(
        self, arena: Arena, crowd: Lanes
    ) -> None:
        instance = arena.instance()
        tokens = instance.sign_in(arena.ada.pat)
        successor = instance.refresh(tokens.refresh_token).json()
        _grace_passes(arena, instance)
        answers = await fifty(crowd, "/oauth2/token", refreshing(instance, tokens.refresh_token))
        assert told(answers) == {LOST: 50}
        assert family(arena, instance) == chain(used=1, revoked=True)
        assert not usable(arena, tokens.access_token)
        assert not usable(arena, successor["access_token"])
        assert instance.refresh(successor["refresh_token"]).json()["error"] == "invalid_grant"

    async def test_a_grandparent_is_refused_fifty_times_even_within_the_grace(
        self, arena: Arena, crowd: Lanes
    ) -> None:
        instance = arena.instance()
        tokens = instance.sign_in(arena.ada.pat)
        second = instance.refresh(tokens.refresh_token).json()
        third = instance.refresh(second["refresh_token"]).json()
        answers = await fifty(crowd, "/oauth2/token", refreshing(instance, tokens.refresh_token))
        assert told(answers) == {LOST: 50}
        assert family(arena, instance) == chain(used=2, revoked=True)
        assert not usable(arena, third["access_token"])
        assert instance.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"

    async def test_a_token_against_its_successor_leaves_one_chain_or_none(
        self, arena: Arena, crowd: Lanes
    ) -> None:
        instance = arena.instance()
        tokens = instance.sign_in(arena.ada.pat)
        successor = instance.refresh(tokens.refresh_token).json()
        known = Tokens(successor["access_token"], successor["refresh_token"])
        answers = await fifty(
            crowd,
            "/oauth2/token",
            refreshing(instance, tokens.refresh_token),
            refreshing(instance, known.refresh_token),
        )
        retries, refreshes = answers[::2], answers[1::2]
        assert told(answers).keys() <= {WON, LOST}
        assert pairs(retries) <= {(known.access_token, known.refresh_token)}
        assert len(pairs(refreshes)) <= 1
        after = family(arena, instance)
        # A retry that came after the successor was used is a replay, and every refusal here is one or
        # follows from one.
        assert after["revoked"] == (LOST in told(answers))
        assert after["unused"] == 1
        for access_token, _ in pairs(answers):
            assert usable(arena, access_token) != after["revoked"]


def _grace_passes(arena: Arena, instance: Instance) -> None:
    execute(
        arena.url,
        "UPDATE refresh_token SET consumed_at = consumed_at - interval '1 hour' WHERE session_id IN "
        "(SELECT s.id FROM session s JOIN instance i ON i.id = s.instance_id WHERE i.client_id = $1)",
        instance.client_id,
    )
