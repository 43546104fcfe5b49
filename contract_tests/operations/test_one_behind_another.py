"""Two callers that have read the same, one waiting behind the other: the second acts on what the first left.

Many at once meet like that now and then. Here a row is held until both have come as far as they can, so they
always do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from contract_tests.harness import code_flow
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.code_flow import Headers, Proof
from contract_tests.harness.instances import DEVICE_CODE, Instance, approve, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute, rows
from contract_tests.throttles.held import held

OF_INSTANCE = "WHERE instance_id = (SELECT id FROM instance WHERE client_id = $1)"

Call = Callable[[], Coroutine[Any, Any, httpx.Response]]


async def answers(url: str, table: str, instance: Instance, *calls: Call) -> list[httpx.Response]:
    """Hold the instance's row of a table until every call waits for it, in this order."""
    begun = []
    async with held(url, f"SELECT 1 FROM {table} {OF_INSTANCE} FOR UPDATE", instance.client_id) as waiting:
        for turn, call in enumerate(calls, start=1):
            begun.append(asyncio.create_task(call()))
            await waiting(turn)
    return await asyncio.gather(*begun)


async def test_a_device_code_is_redeemed_once(
    async_client: AsyncCheckedClient,
    client: CheckedClient,
    instance: Instance,
    ada: Person,
    server_database: str,
) -> None:
    flow = instance.start_device_flow()
    approve(client, ada.pat, flow.user_code)
    form = {**instance.credentials, "grant_type": DEVICE_CODE, "device_code": flow.device_code}

    def redeem() -> Coroutine[Any, Any, httpx.Response]:
        return async_client.post("/oauth2/token", data=form)

    first, second = await answers(server_database, "device_grant", instance, redeem, redeem)
    assert (first.status_code, second.status_code) == (200, 400)
    assert second.json()["error"] == "invalid_grant"


async def test_a_decision_is_made_once(
    async_client: AsyncCheckedClient, instance: Instance, ada: Person, server_database: str
) -> None:
    flow = instance.start_device_flow()

    def decide(how: str) -> Call:
        query, headers = {"user_code": flow.user_code}, bearer(ada.pat)
        return lambda: async_client.post(f"/oauth2/device/{how}", params=query, headers=headers)

    calls = decide("approve"), decide("deny")
    first, second = await answers(server_database, "device_grant", instance, *calls)
    assert (first.status_code, second.status_code) == (200, 404)
    assert instance.poll(flow).status_code == 200


async def test_a_code_is_redeemed_once_and_is_over_when_shown_twice(
    async_client: AsyncCheckedClient, tool: Instance, her: Headers, proof: Proof, server_database: str
) -> None:
    form = {**tool.credentials, **code_flow.form(code_flow.granted(tool, proof, her), proof)}

    def redeem() -> Coroutine[Any, Any, httpx.Response]:
        return async_client.post("/oauth2/token", data=form)

    first, second = await answers(server_database, "authorization_request", tool, redeem, redeem)
    assert (first.status_code, second.status_code) == (200, 400)
    assert second.json()["error"] == "invalid_grant"
    refreshed = tool.refresh(first.json()["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


async def test_an_authorization_is_decided_once(
    async_client: AsyncCheckedClient, tool: Instance, her: Headers, proof: Proof, server_database: str
) -> None:
    body = {"handle": code_flow.started(tool, proof)}

    def decide(how: str) -> Call:
        return lambda: async_client.post(f"/oauth2/authorization/{how}", json=body, headers=her)

    calls = decide("deny"), decide("approve")
    first, second = await answers(server_database, "authorization_request", tool, *calls)
    assert (first.status_code, second.status_code) == (200, 404)


async def test_a_refresh_token_has_one_successor(
    async_client: AsyncCheckedClient, instance: Instance, ada: Person, server_database: str
) -> None:
    tokens = instance.sign_in(ada.pat)
    form = {**instance.credentials, "grant_type": "refresh_token", "refresh_token": tokens.refresh_token}

    def refresh() -> Coroutine[Any, Any, httpx.Response]:
        return async_client.post("/oauth2/token", data=form)

    first, second = await answers(server_database, "session", instance, refresh, refresh)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["refresh_token"] == second.json()["refresh_token"]


async def test_a_call_that_is_due_is_recorded_once(
    async_client: AsyncCheckedClient, client: CheckedClient, instance: Instance, server_database: str
) -> None:
    headers = bearer(instance.own_token())
    client.post("/instance/alive", headers=headers)
    a_day_ago = f"UPDATE interaction_clock SET at = at - interval '25 hours' {OF_INSTANCE}"
    execute(server_database, a_day_ago, instance.client_id)

    def alive() -> Coroutine[Any, Any, httpx.Response]:
        return async_client.post("/instance/alive", headers=headers)

    both = await answers(server_database, "interaction_clock", instance, alive, alive)
    assert [each.status_code for each in both] == [200, 200]
    assert len(rows(server_database, f"SELECT 1 FROM interaction {OF_INSTANCE}", instance.client_id)) == 2
