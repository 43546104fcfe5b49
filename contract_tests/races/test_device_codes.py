"""A device code is decided once and exchanged once, however many try (RFC 8628)."""

from __future__ import annotations

import asyncio
from collections import Counter

from contract_tests.harness.instances import DEVICE_CODE, DeviceFlow, Instance, approve, bearer
from contract_tests.harness.lanes import Lanes
from contract_tests.harness.people import Person
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, fifty, told

WON, LOST, NOTHING_THERE = "200", "400 invalid_grant", "404 user_code_unusable"


def exchange(instance: Instance, flow: DeviceFlow) -> dict[str, str]:
    return {**instance.credentials, "grant_type": DEVICE_CODE, "device_code": flow.device_code}


def approved(arena: Arena, instance: Instance) -> DeviceFlow:
    flow = instance.start_device_flow()
    assert approve(arena.client, arena.ada.pat, flow.user_code).status_code == 200
    return flow


def state(arena: Arena, instance: Instance) -> dict[str, object]:
    """The instance's only grant, and how much came of it."""
    query = """
        SELECT g.state, g.interval_s,
            (SELECT count(*) FROM session s WHERE s.instance_id = i.id) AS sessions,
            (SELECT count(*) FROM access_token t WHERE t.instance_id = i.id) AS access_tokens,
            (SELECT count(*) FROM refresh_token r JOIN session s ON s.id = r.session_id
                WHERE s.instance_id = i.id) AS refresh_tokens
        FROM device_grant g JOIN instance i ON i.id = g.instance_id WHERE i.client_id = $1"""
    found = arena.rows(query, instance.client_id)
    assert len(found) == 1
    return {name: value for name, value in found[0].items() if name != "interval_s"}


def outcome(grant: str, families: int) -> dict[str, object]:
    return {"state": grant, "sessions": families, "access_tokens": families, "refresh_tokens": families}


class TestRedemption:
    async def test_of_fifty_one_wins(self, arena: Arena, crowd: Lanes) -> None:
        instance = arena.instance()
        flow = approved(arena, instance)
        answers = await fifty(crowd, "/oauth2/token", exchange(instance, flow))
        assert told(answers) == {WON: 1, LOST: 49}
        assert state(arena, instance) == outcome("redeemed", 1)

    async def test_another_client_never_wins(self, arena: Arena, crowd: Lanes) -> None:
        instance, thief = arena.instance(), arena.instance()
        flow = approved(arena, instance)
        answers = await fifty(crowd, "/oauth2/token", exchange(thief, flow), exchange(instance, flow))
        assert told(answers[::2]) == {LOST: 25}
        assert told(answers[1::2]) == {WON: 1, LOST: 24}
        assert state(arena, instance) == outcome("redeemed", 1)
        assert arena.rows("SELECT 1 FROM access_token t JOIN instance i ON i.id = t.instance_id "
                          "WHERE i.client_id = $1", thief.client_id) == []  # fmt: skip

    async def test_a_late_approval_revives_nothing(self, arena: Arena, crowd: Lanes) -> None:
        instance = arena.instance()
        flow = approved(arena, instance)
        query, headers = {"user_code": flow.user_code}, bearer(arena.ada.pat)
        approvals = (
            crowd.post("/oauth2/device/approve", params=query, headers=headers) for _ in range(FIFTY // 2)
        )
        exchanges = (crowd.post("/oauth2/token", data=exchange(instance, flow)) for _ in range(FIFTY // 2))
        answers = await asyncio.gather(*approvals, *exchanges)
        assert {each.status_code for each in answers[: FIFTY // 2]} == {404}
        assert told(answers[FIFTY // 2 :]) == {WON: 1, LOST: 24}
        assert approve(arena.client, arena.ada.pat, flow.user_code).status_code == 404
        assert instance.poll(flow).json()["error"] == "invalid_grant"
        assert state(arena, instance) == outcome("redeemed", 1)

    async def test_nothing_is_usable_once_the_person_is_disabled(self, arena: Arena, crowd: Lanes) -> None:
        leaver = Person.create(arena.admin, "leaver")
        instance = arena.instance(key=leaver.key)
        flow = instance.start_device_flow()
        assert approve(arena.client, leaver.pat, flow.user_code).status_code == 200
        answers, _ = await asyncio.gather(
            fifty(crowd, "/oauth2/token", exchange(instance, flow)),
            asyncio.to_thread(arena.admin.run, "user", "disable", "--user", leaver.email),
        )
        assert told(answers)[WON] <= 1
        for each in answers:
            if each.status_code == 200:
                token = bearer(each.json()["access_token"])
                assert arena.client.get("/instance/user/session", headers=token).status_code == 401
        assert instance.poll(flow).json()["error"] == "invalid_grant"


class TestDecision:
    async def test_approval_against_denial_has_one_winner(self, arena: Arena, crowd: Lanes) -> None:
        instance = arena.instance()
        flow = instance.start_device_flow()
        query, headers = {"user_code": flow.user_code}, bearer(arena.ada.pat)
        answers = await asyncio.gather(
            *(
                crowd.post(f"/oauth2/device/{decision}", params=query, headers=headers)
                for decision in ("approve", "deny") * (FIFTY // 2)
            )
        )
        assert Counter(each.status_code for each in answers) == {200: 1, 404: 49}
        was_approved = answers.index(next(each for each in answers if each.is_success)) % 2 == 0
        assert state(arena, instance) == outcome("approved" if was_approved else "denied", 0)
        told_to_the_instance = instance.poll(flow)
        if was_approved:
            assert told_to_the_instance.status_code == 200
        else:
            assert told_to_the_instance.json()["error"] == "access_denied"

    async def test_approval_among_polls_gives_one_family(self, arena: Arena, crowd: Lanes) -> None:
        instance = arena.instance()
        flow = instance.start_device_flow()
        polls, decision = await asyncio.gather(
            fifty(crowd, "/oauth2/token", exchange(instance, flow)),
            crowd.post(
                "/oauth2/device/approve", params={"user_code": flow.user_code}, headers=bearer(arena.ada.pat)
            ),
        )
        assert decision.status_code == 200
        seen = told(polls)
        assert seen[WON] <= 1
        assert seen.keys() <= {WON, LOST, "400 authorization_pending", "400 slow_down"}
        assert instance.poll(flow).status_code == (400 if seen[WON] else 200)
        assert state(arena, instance) == outcome("redeemed", 1)


class TestPolling:
    async def test_of_fifty_first_polls_one_is_on_time(self, arena: Arena, crowd: Lanes) -> None:
        instance = arena.instance()
        flow = instance.start_device_flow()
        answers = await fifty(crowd, "/oauth2/token", exchange(instance, flow))
        assert told(answers) == {"400 authorization_pending": 1, "400 slow_down": 49}
        grant = arena.rows(
            "SELECT interval_s FROM device_grant g JOIN instance i ON i.id = g.instance_id "
            "WHERE i.client_id = $1",
            instance.client_id,
        )
        assert grant == [{"interval_s": 10}]
