"""Revocation against refresh. Whichever of the two the database puts first, once the revocation was answered
no token of the family is active: not those from before, and not those that the refresh has just handed out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import httpx

from contract_tests.harness.instances import DEVICE_CODE, SCOPE, Instance, Tokens, bearer
from contract_tests.harness.lanes import Lanes, opened
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told

AT_ONCE = FIFTY // 2  # families raced at the same moment, each over two connections
LEADS_S = (0, 0.005, 0.01, 0.02, 0.04, None)

Revocation = Callable[[Lanes, Instance, Tokens], Coroutine[None, None, httpx.Response]]


@dataclass(frozen=True, slots=True)
class Round:
    """What the two were answered, and every token of the family that anybody was ever given."""

    refreshed: str
    revoked: str
    tokens: tuple[Tokens, ...]


async def by_token(http: Lanes, instance: Instance, tokens: Tokens) -> httpx.Response:
    return await http.post("/oauth2/revoke", data={**instance.credentials, "token": tokens.refresh_token})


async def by_signing_out(http: Lanes, instance: Instance, tokens: Tokens) -> httpx.Response:
    return await http.post("/instance/user/session/revoke", headers=tokens.bearer)


async def sign_in(http: Lanes, instance: Instance, pat: str) -> Tokens:
    asked = await http.post("/oauth2/device/authorize", data={**instance.credentials, "scope": SCOPE})
    query = {"user_code": asked.json()["user_code"]}
    await http.post("/oauth2/device/approve", params=query, headers=bearer(pat))
    form = {**instance.credentials, "grant_type": DEVICE_CODE, "device_code": asked.json()["device_code"]}
    given = (await http.post("/oauth2/token", data=form)).json()
    return Tokens(given["access_token"], given["refresh_token"])


async def refresh(http: Lanes, instance: Instance, tokens: Tokens) -> httpx.Response:
    form = {
        **instance.credentials,
        "grant_type": "refresh_token",
        "refresh_token": tokens.refresh_token,
    }
    return await http.post("/oauth2/token", data=form)


async def race(http: Lanes, instance: Instance, pat: str, revoke: Revocation, *, turn: int) -> Round:
    """One family, refreshed and revoked. By turns the one or the other is sent first, with each of the leads:
    from none at all to that of having been answered.
    """
    tokens = await sign_in(http, instance, pat)
    lead = LEADS_S[turn // 2 % len(LEADS_S)]
    if turn % 2:
        revoked, refreshed = await _with_a_lead(
            revoke(http, instance, tokens), refresh(http, instance, tokens), lead
        )
    else:
        refreshed, revoked = await _with_a_lead(
            refresh(http, instance, tokens), revoke(http, instance, tokens), lead
        )
    given = [tokens]
    if refreshed.is_success:
        given.append(Tokens(refreshed.json()["access_token"], refreshed.json()["refresh_token"]))
    return Round(told([refreshed]).popitem()[0], told([revoked]).popitem()[0], tuple(given))


async def _with_a_lead(
    first: Coroutine[None, None, httpx.Response],
    second: Coroutine[None, None, httpx.Response],
    lead: float | None,
) -> tuple[httpx.Response, httpx.Response]:
    leading = asyncio.create_task(first)
    await asyncio.wait({leading}, timeout=lead)
    following = asyncio.create_task(second)
    return await leading, await following


async def still_active(http: Lanes, instance: Instance, tokens: Tokens) -> list[str]:
    """What of a pair anybody still takes: neither the API, nor introspection, nor the token endpoint may."""
    used = await http.get("/instance/user/session", headers=tokens.bearer)
    asked = await http.post("/oauth2/introspect", data={"token": tokens.refresh_token})
    again = await refresh(http, instance, tokens)
    found = {"access": used.status_code == 200, "introspected": asked.json()["active"]}
    return [name for name, active in {**found, "refresh": again.is_success}.items() if active]


async def rounds(arena: Arena, number: int, revoke: Revocation) -> Counter[tuple[str, str]]:
    """Run them, some families at a time. How often the two were answered what."""
    outcomes: Counter[tuple[str, str]] = Counter()
    instance = arena.instance()
    async with opened(arena.server.url, FIFTY) as http:
        for first in range(0, number, AT_ONCE):
            ended = await asyncio.gather(
                *(
                    race(http, instance, arena.ada.pat, revoke, turn=turn)
                    for turn in range(first, first + AT_ONCE)
                )
            )
            outcomes.update((each.refreshed, each.revoked) for each in ended)
            pairs = [tokens for each in ended for tokens in each.tokens]
            active = await asyncio.gather(*(still_active(http, instance, tokens) for tokens in pairs))
            assert not any(active), active
    _assert_stored(arena, instance, outcomes)
    return outcomes


def _assert_stored(arena: Arena, instance: Instance, outcomes: Counter[tuple[str, str]]) -> None:
    """Every family is revoked; each whose refresh was answered has one successor, the others have none."""
    query = """
        SELECT s.revoked_at IS NOT NULL AS revoked, count(r.*) AS refresh_tokens,
            (SELECT count(*) FROM access_token t WHERE t.session_id = s.id) AS access_tokens
        FROM session s JOIN instance i ON i.id = s.instance_id JOIN refresh_token r ON r.session_id = s.id
        WHERE i.client_id = $1 GROUP BY s.id"""
    found = Counter(
        (each["revoked"], each["refresh_tokens"], each["access_tokens"])
        for each in arena.rows(query, instance.client_id)
    )
    refreshed = sum(times for (answer, _), times in outcomes.items() if answer == "200")
    expected = {(True, 2, 2): refreshed, (True, 1, 1): outcomes.total() - refreshed}
    assert found == {family: times for family, times in expected.items() if times}


class TestAgainstRefresh:
    async def test_a_thousand_rounds_leave_no_active_token(self, arena: Arena) -> None:
        number = 1_000 if arena.workers > 1 else 200
        outcomes = await rounds(arena, number, by_token)
        assert outcomes.total() == number
        assert outcomes.keys() <= {("200", "200"), ("400 invalid_grant", "200")}
        assert len(outcomes) == 2, "both orders have to be seen, or nothing was raced"

    async def test_signing_out_leaves_no_active_token_either(self, arena: Arena) -> None:
        outcomes = await rounds(arena, 100, by_signing_out)
        assert outcomes.keys() <= {("200", "200"), ("400 invalid_grant", "200")}


class TestAtOnce:
    async def test_fifty_revocations_are_all_told_that_it_is_done(self, arena: Arena) -> None:
        instance = arena.instance()
        tokens = instance.sign_in(arena.ada.pat)
        async with opened(arena.server.url, FIFTY) as http:
            answers = await asyncio.gather(*(by_token(http, instance, tokens) for _ in range(FIFTY)))
            assert told(answers) == {"200": 50}
            assert not await still_active(http, instance, tokens)
