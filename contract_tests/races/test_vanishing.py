"""An instance that is deleted while it calls: each call is answered as it would have been before or after,
and nothing of the instance is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx

from contract_tests.harness.instances import SCOPE, Instance, Tokens, approve, bearer
from contract_tests.harness.lanes import Lanes
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told
from contract_tests.races.test_device_codes import exchange
from contract_tests.races.test_refresh_tokens import refreshing

ROUNDS = 4
BEFORE_OR_AFTER = {"200", "400 invalid_grant", "401 invalid_client", "401 invalid_token"}


def everything_it_does(
    http: Lanes, instance: Instance, flow: Any, tokens: list[Tokens]
) -> list[Awaitable[httpx.Response]]:
    """Fifty calls, of every kind that stores something for an instance."""
    own = bearer(instance.own_token())
    calls: list[Awaitable[httpx.Response]] = []
    for turn in range(FIFTY // 5):
        each = tokens[turn % len(tokens)]
        calls += [
            http.post("/oauth2/token", data={**instance.credentials, "grant_type": "client_credentials"}),
            http.post("/oauth2/token", data=refreshing(instance, each.refresh_token)),
            http.post("/oauth2/token", data=exchange(instance, flow)),
            http.post("/oauth2/device/authorize", data={**instance.credentials, "scope": SCOPE}),
            http.post("/instance/alive", headers=own)
            if turn % 2
            else http.get("/instance/user/session", headers=each.bearer),
        ]
    return calls


async def test_calls_of_an_instance_that_is_deleted_end_before_or_after(arena: Arena, crowd: Lanes) -> None:
    for _ in range(ROUNDS):
        instance = arena.instance()
        tokens = [instance.sign_in(arena.ada.pat) for _ in range(3)]
        flow = instance.start_device_flow()
        assert approve(arena.client, arena.ada.pat, flow.user_code).status_code == 200
        delete = asyncio.to_thread(arena.admin.run, "instance", "delete", "--client-id", instance.client_id)
        answers, _ = await asyncio.gather(
            asyncio.gather(*everything_it_does(crowd, instance, flow, tokens)), delete
        )
        assert told(answers).keys() <= BEFORE_OR_AFTER
        assert arena.rows("SELECT 1 FROM instance WHERE client_id = $1", instance.client_id) == []
        assert arena.client.get("/instance/user/session", headers=tokens[0].bearer).status_code == 401


async def test_an_ephemeral_instance_goes_when_its_last_people_leave_at_once(
    arena: Arena, crowd: Lanes
) -> None:
    key = arena.admin.run(
        "registration-key", "create", "--user", arena.ada.email, "--ephemeral", "--reusable"
    )
    for _ in range(ROUNDS):
        instance = arena.instance(key=key["key"])
        people = [instance.sign_in(arena.ada.pat) for _ in range(8)]
        answers = await asyncio.gather(
            *(crowd.post("/instance/user/session/revoke", headers=each.bearer) for each in people)
        )
        assert told(answers) == {"200": 8}
        assert arena.rows("SELECT 1 FROM instance WHERE client_id = $1", instance.client_id) == []
