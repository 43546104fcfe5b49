"""An account that is deleted while its person signs in somewhere: the call and the deletion wait for each
other in one order, so that neither fails, and nothing of the person is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import httpx
import pytest

from contract_tests.harness import code_flow
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.code_flow import CODE_GRANT_TYPES, Proof
from contract_tests.harness.instances import DEVICE_CODE, Instance, approve, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import everything_stored, execute
from contract_tests.throttles.held import held

Call = Callable[[], Coroutine[Any, Any, httpx.Response]]


@pytest.fixture
def leaver(admin: Administration) -> Person:
    """Somebody whose account is about to be deleted."""
    return Person.with_password(admin, "leaver")


@pytest.fixture(params=["in their own workspace", "in somebody else's"])
def instance(
    request: pytest.FixtureRequest,
    client: CheckedClient,
    leaver: Person,
    ada: Person,
    server_database: str,
) -> Instance:
    """Where they sign in: what goes with their account, or what stays."""
    owner = leaver if request.param == "in their own workspace" else ada
    execute(
        server_database,
        "INSERT INTO workspace_member (workspace_id, user_id, created_at) VALUES ($1, $2, now())"
        " ON CONFLICT DO NOTHING",
        owner.workspace_id,
        leaver.id,
    )
    return Instance.register(
        client,
        key=owner.key,
        grant_types=[*CODE_GRANT_TYPES, DEVICE_CODE],
        redirect_uris=[code_flow.CALLBACK],
    )


async def deleted_behind(
    call: Call, *, table: str, instance: Instance, leaver: Person, url: str
) -> httpx.Response:
    """Hold the instance's row of a table until the call waits for it, and the deletion for the call."""
    of_instance = "instance_id = (SELECT id FROM instance WHERE client_id = $1)"
    row = f"SELECT 1 FROM {table} WHERE {of_instance} FOR UPDATE"
    delete = ["user", "delete", "--user", leaver.id, "--reason", "requested"]
    async with held(url, row, instance.client_id) as waiting:
        begun = asyncio.create_task(call())
        await waiting(1)
        deleting = asyncio.create_task(asyncio.to_thread(Administration(url).run, *delete))
        await waiting(2)
    await asyncio.wait((begun, deleting))
    assert deleting.result()["deleted"] is True
    assert await asyncio.to_thread(lambda: leaver.id not in everything_stored(url))
    return begun.result()


def asking(http: AsyncCheckedClient, form: Mapping[str, str]) -> Call:
    return lambda: http.post("/oauth2/token", data=form)


class TestToken:
    async def test_a_device_code(
        self, async_client: AsyncCheckedClient, instance: Instance, leaver: Person, server_database: str
    ) -> None:
        flow = instance.start_device_flow()
        approve(instance.http, leaver.pat, flow.user_code)
        form = {**instance.credentials, "grant_type": DEVICE_CODE, "device_code": flow.device_code}
        call = asking(async_client, form)
        answer = await deleted_behind(
            call, table="device_grant", instance=instance, leaver=leaver, url=server_database
        )
        assert answer.status_code == 200

    async def test_an_authorization_code(
        self, async_client: AsyncCheckedClient, instance: Instance, leaver: Person, server_database: str
    ) -> None:
        proof = Proof()
        code = code_flow.granted(instance, proof, leaver.browser(instance.http).headers)
        call = asking(async_client, instance.credentials | code_flow.form(code, proof))
        answer = await deleted_behind(
            call, table="authorization_request", instance=instance, leaver=leaver, url=server_database
        )
        assert answer.status_code == 200

    async def test_a_refresh_token(
        self, async_client: AsyncCheckedClient, instance: Instance, leaver: Person, server_database: str
    ) -> None:
        tokens = code_flow.sign_in(instance, leaver.browser(instance.http).headers)
        form = {
            **instance.credentials,
            "grant_type": "refresh_token",
            "refresh_token": tokens.refresh_token,
        }
        call = asking(async_client, form)
        answer = await deleted_behind(
            call, table="session", instance=instance, leaver=leaver, url=server_database
        )
        assert answer.status_code == 200


class TestDecisions:
    @pytest.mark.parametrize("decision", ["approve", "deny"])
    async def test_about_a_device(
        self,
        async_client: AsyncCheckedClient,
        instance: Instance,
        leaver: Person,
        server_database: str,
        decision: str,
    ) -> None:
        query = {"user_code": instance.start_device_flow().user_code}
        answer = await deleted_behind(
            lambda: async_client.post(f"/oauth2/device/{decision}", params=query, headers=bearer(leaver.pat)),
            table="device_grant",
            instance=instance,
            leaver=leaver,
            url=server_database,
        )
        assert answer.status_code == 200

    @pytest.mark.parametrize("decision", ["approve", "deny"])
    async def test_about_an_authorization_request(
        self,
        async_client: AsyncCheckedClient,
        instance: Instance,
        leaver: Person,
        server_database: str,
        decision: str,
    ) -> None:
        her = leaver.browser(instance.http).headers
        body = {"handle": code_flow.started(instance, Proof())}
        answer = await deleted_behind(
            lambda: async_client.post(f"/oauth2/authorization/{decision}", json=body, headers=her),
            table="authorization_request",
            instance=instance,
            leaver=leaver,
            url=server_database,
        )
        assert answer.status_code == 200
