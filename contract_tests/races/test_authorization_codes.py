"""An authorization code is given once and redeemed once, and who has shown it twice has nothing (RFC 6749
section 4.1.2).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from contract_tests.harness import code_flow
from contract_tests.harness.code_flow import Proof
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.lanes import Lanes
from contract_tests.harness.people import Person
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, fifty, told

WON, LOST = "200", "400 invalid_grant"


def tool(arena: Arena) -> Instance:
    return code_flow.register(arena.client, key=arena.ada.key)


def granted(arena: Arena, instance: Instance, proof: Proof) -> str:
    return code_flow.granted(instance, proof, arena.ada.browser(arena.client).headers)


def exchange(instance: Instance, code: str, proof: Proof) -> dict[str, str]:
    return instance.credentials | code_flow.form(code, proof)


def state(arena: Arena, instance: Instance) -> dict[str, Any]:
    """The instance's only request, and what came of it."""
    query = """
        SELECT a.state,
            (SELECT count(*) FROM session s WHERE s.instance_id = i.id) AS sessions,
            (SELECT count(*) FROM session s
                WHERE s.id = a.session_id AND s.revoked_at IS NOT NULL) AS revoked,
            (SELECT count(*) FROM access_token t WHERE t.instance_id = i.id) AS access_tokens,
            (SELECT count(*) FROM refresh_token r JOIN session s ON s.id = r.session_id
                WHERE s.instance_id = i.id) AS refresh_tokens
        FROM authorization_request a JOIN instance i ON i.id = a.instance_id WHERE i.client_id = $1"""
    found = arena.rows(query, instance.client_id)
    assert len(found) == 1
    return found[0]


def outcome(request: str, families: int, *, revoked: int) -> dict[str, Any]:
    counts = dict.fromkeys(("sessions", "access_tokens", "refresh_tokens"), families)
    return {"state": request, "revoked": revoked, **counts}


def usable(arena: Arena, access_token: str) -> bool:
    return arena.client.get("/instance/user/session", headers=bearer(access_token)).status_code == 200


class TestRedemption:
    async def test_of_fifty_one_wins_and_what_it_won_is_over(self, arena: Arena, crowd: Lanes) -> None:
        instance, proof = tool(arena), Proof()
        form = exchange(instance, granted(arena, instance, proof), proof)
        answers = await fifty(crowd, "/oauth2/token", form)
        assert told(answers) == {WON: 1, LOST: 49}
        assert state(arena, instance) == outcome("redeemed", 1, revoked=1)
        (won,) = [each.json() for each in answers if each.is_success]
        assert not usable(arena, won["access_token"])
        assert instance.refresh(won["refresh_token"]).json()["error"] == "invalid_grant"

    async def test_another_client_never_wins_and_ends_nothing(self, arena: Arena, crowd: Lanes) -> None:
        instance, thief, proof = tool(arena), tool(arena), Proof()
        code = granted(arena, instance, proof)
        stealing = fifty(crowd, "/oauth2/token", exchange(thief, code, proof))
        answers, tokens = await asyncio.gather(
            stealing, asyncio.to_thread(code_flow.redeem, instance, code, proof)
        )
        assert told(answers) == {LOST: 50}
        assert tokens.status_code == 200
        assert state(arena, instance) == outcome("redeemed", 1, revoked=0)
        assert usable(arena, tokens.json()["access_token"])

    async def test_of_fifty_with_other_verifiers_none_wins(self, arena: Arena, crowd: Lanes) -> None:
        instance, proof = tool(arena), Proof()
        code = granted(arena, instance, proof)
        others = [exchange(instance, code, Proof()) for _ in range(FIFTY)]
        assert told(await fifty(crowd, "/oauth2/token", *others)) == {LOST: 50}
        assert state(arena, instance) == outcome("approved", 0, revoked=0)
        assert code_flow.redeem(instance, code, proof).status_code == 200

    async def test_a_code_shown_again_among_refreshes_leaves_nothing(
        self, arena: Arena, crowd: Lanes
    ) -> None:
        instance, proof = tool(arena), Proof()
        code = granted(arena, instance, proof)
        tokens = code_flow.redeem(instance, code, proof).json()
        refresh = {
            **instance.credentials,
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
        }
        answers = await fifty(crowd, "/oauth2/token", exchange(instance, code, proof), refresh)
        assert told(answers[::2]) == {LOST: 25}
        for each in [tokens, *(each.json() for each in answers if each.is_success)]:
            assert not usable(arena, each["access_token"])
            assert instance.refresh(each["refresh_token"]).json()["error"] == "invalid_grant"

    async def test_nothing_is_usable_once_the_person_is_disabled(self, arena: Arena, crowd: Lanes) -> None:
        leaver = Person.with_password(arena.admin, "leaver")
        instance, proof = code_flow.register(arena.client, key=leaver.key), Proof()
        code = code_flow.granted(instance, proof, leaver.browser(arena.client).headers)
        answers, _ = await asyncio.gather(
            fifty(crowd, "/oauth2/token", exchange(instance, code, proof)),
            asyncio.to_thread(arena.admin.run, "user", "disable", "--user", leaver.email),
        )
        assert told(answers)[WON] <= 1
        assert told(answers).keys() <= {WON, LOST}
        for each in answers:
            if each.is_success:
                assert not usable(arena, each.json()["access_token"])
        assert code_flow.redeem(instance, code, proof).json()["error"] == "invalid_grant"


class TestDecision:
    async def test_of_fifty_approvals_one_gives_a_code(self, arena: Arena, crowd: Lanes) -> None:
        instance, proof = tool(arena), Proof()
        body = {"handle": code_flow.started(instance, proof)}
        her = arena.ada.browser(arena.client).headers
        answers = await asyncio.gather(
            *(crowd.post("/oauth2/authorization/approve", json=body, headers=her) for _ in range(FIFTY))
        )
        assert told(answers) == {WON: 1, "404 invalid_authorization_request": 49}
        (approved,) = [each for each in answers if each.is_success]
        assert code_flow.redeem(instance, code_flow.code_of(approved), proof).status_code == 200

    async def test_approval_against_denial_has_one_winner(self, arena: Arena, crowd: Lanes) -> None:
        instance, proof = tool(arena), Proof()
        body = {"handle": code_flow.started(instance, proof)}
        her = arena.ada.browser(arena.client).headers
        answers = await asyncio.gather(
            *(
                crowd.post(f"/oauth2/authorization/{decision}", json=body, headers=her)
                for decision in ("approve", "deny") * (FIFTY // 2)
            )
        )
        assert Counter(each.status_code for each in answers) == {200: 1, 404: 49}
        (won,) = [each for each in answers if each.is_success]
        said = code_flow.told(won.json()["redirect_to"])
        if answers.index(won) % 2:
            assert said["error"] == "access_denied"
            assert state(arena, instance) == outcome("denied", 0, revoked=0)
        else:
            assert code_flow.redeem(instance, said["code"], proof).status_code == 200

    async def test_a_late_approval_revives_nothing(self, arena: Arena, crowd: Lanes) -> None:
        instance, proof = tool(arena), Proof()
        handle = code_flow.started(instance, proof)
        her = arena.ada.browser(arena.client).headers
        code = code_flow.code_of(code_flow.approve(arena.client, her, handle))
        again = (
            crowd.post("/oauth2/authorization/approve", json={"handle": handle}, headers=her)
            for _ in range(FIFTY - 1)
        )
        redeeming = crowd.post("/oauth2/token", data=exchange(instance, code, proof))
        *approvals, redeemed = await asyncio.gather(*again, redeeming)
        assert {each.status_code for each in approvals} == {404}
        assert redeemed.status_code == 200
        assert state(arena, instance) == outcome("redeemed", 1, revoked=0)
