"""`simulate-instance`: what an installed copy does, played against the running server."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.cli.failures import Refused
from api.cli.simulation.story import Plan, play
from contract_tests.admin.conftest import Somebody
from contract_tests.admin.typed import Desk
from contract_tests.harness.checking import AsyncCheckedClient
from contract_tests.harness.instances import bearer
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import execute, rows


@pytest.fixture
def key(desk: Desk, somebody: Somebody) -> str:
    return str(desk.run("registration-key", "create", "--user", somebody.id, "--reusable")["key"])


@pytest.fixture
def pat(desk: Desk, somebody: Somebody) -> str:
    return str(desk.run("pat", "create", "--user", somebody.id, "--name", "x")["token"])


@pytest.fixture(autouse=True)
def _registrations_are_free(desk: Desk) -> None:
    execute(desk.database_url, "DELETE FROM attempt WHERE kind = 'registration'")


def simulate(server: ServerProcess, *options: str) -> list[str]:
    return ["simulate-instance", "--server", server.url, *options]


class TestSimulateInstance:
    def test_signs_somebody_in_on_every_instance(
        self, desk: Desk, server: ServerProcess, somebody: Somebody, key: str, pat: str
    ) -> None:
        answer = desk.run(*simulate(server, "--registration-key", key, "--pat", pat, "--count", "2"))
        assert answer["server"] == server.url
        assert len(answer["instances"]) == 2
        for played in answer["instances"]:
            assert (played["claimed"], played["user_id"]) == (True, somebody.id)
            assert [step.split(":")[0].split(" client")[0] for step in played["steps"]] == [
                "registered as",
                "got a token of its own",
                "said that it is alive",
                f"belongs to workspace {played['workspace_id']} of user {somebody.id}",
                f"signed in user {somebody.id}",
                "read the profile",
                "refreshed its tokens",
            ]
        sessions = rows(desk.database_url, "SELECT id FROM session WHERE user_id = $1", somebody.id)
        assert {each["id"] for each in sessions} == {each["session_id"] for each in answer["instances"]}

    def test_prints_what_it_did_and_no_secret(
        self, desk: Desk, server: ServerProcess, key: str, pat: str
    ) -> None:
        ended = desk.attempt(*simulate(server, "--registration-key", key, "--pat", pat))
        assert ended.code == 0
        assert ended.stdout.startswith("instance 1: registered as client ")
        assert ended.stdout.endswith("instance 1: refreshed its tokens: the session goes on\n")
        assert not any(
            prefix in ended.stdout + ended.stderr for prefix in ("ccs_", "cat_", "crt_", "cdc_", pat, key)
        )

    def test_without_anybody_it_acts_for_itself(self, desk: Desk, server: ServerProcess) -> None:
        (played,) = desk.run(*simulate(server))["instances"]
        assert (played["claimed"], played["workspace_id"]) == (False, None)
        assert played["steps"][-1].startswith("nobody signs in")

    async def test_waits_for_a_person_who_approves(
        self, async_client: AsyncCheckedClient, key: str, pat: str
    ) -> None:
        told: list[str] = []
        played = await play(1, http=_Approving(async_client, pat), plan=Plan(key, None, True, told.append))
        assert played.steps[-1].startswith("refreshed its tokens")
        assert "someone to approve" in told[0]

    def test_says_that_an_unclaimed_instance_must_be_claimed(
        self, desk: Desk, server: ServerProcess, pat: str
    ) -> None:
        said = desk.refusal(*simulate(server, "--pat", pat))
        assert said.startswith(
            "Instance 1: device_approve answered 409 instead of 200: This instance is unclaimed"
        )

    def test_says_what_the_server_refuses(self, desk: Desk, server: ServerProcess) -> None:
        said = desk.refusal(*simulate(server, "--registration-key", "ckey_wrong"))
        assert said == (
            "Instance 1: register_client answered 403 instead of 201: "
            "The registration key is unknown, used up, expired or revoked."
        )
        assert "ckey_" not in said

    def test_says_when_nobody_is_there(self, desk: Desk) -> None:
        said = desk.refusal("simulate-instance", "--server", "http://127.0.0.1:1")
        assert said == "Instance 1: register_client: http://127.0.0.1:1 cannot be reached (ConnectError)."

    def test_says_when_somebody_else_is_there(self, desk: Desk, server: ServerProcess) -> None:
        said = desk.refusal("simulate-instance", "--server", f"{server.private_url}/")
        assert said.startswith("Instance 1: register_client answered 40")

    @pytest.mark.parametrize(
        "url", ["", "localhost:8080", "ftp://x", "http://", "http://[", "http://h:99999"]
    )
    def test_refuses_what_is_no_server(self, desk: Desk, url: str) -> None:
        said = desk.refusal("simulate-instance", "--server", url)
        assert said == "--server must be a URL such as http://127.0.0.1:8080."

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"[]", "register_client answered 201 without a JSON object: is this a Candor server?"),
            (b"<html>", "register_client answered 201 without a JSON object: is this a Candor server?"),
            (b"{}", "an answer lacks the published member 'client_id'."),
            (b"", "an answer lacks the published member 'client_id'."),
        ],
    )
    async def test_refuses_an_answer_that_is_not_the_published_one(self, body: bytes, reason: str) -> None:
        async def foreign(request: httpx.Request) -> httpx.Response:
            return httpx.Response(201, content=body)

        transport = httpx.MockTransport(foreign)
        async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere") as http:
            with pytest.raises(Refused) as refused:
                await play(3, http=http, plan=Plan(None, None, False, print))
        assert str(refused.value) == f"Instance 3: {reason}"


class _Approving(httpx.AsyncClient):
    """The instance's way to the server; beside it a person who approves whatever code it is given."""

    def __init__(self, through: httpx.AsyncClient, pat: str) -> None:
        super().__init__(base_url=through.base_url)
        self._through = through
        self._pat = pat

    async def request(self, method: Any, url: Any, **what: Any) -> httpx.Response:
        answer = await self._through.request(method, url, **what)
        if url == "/oauth2/device/authorize":
            code = {"user_code": answer.json()["user_code"]}
            await self._through.post("/oauth2/device/approve", params=code, headers=bearer(self._pat))
        return answer
