"""Claiming an instance with the code that it shows: once, by whoever stands in front of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, approve, bearer, deny
from contract_tests.harness.members import join
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute, rows
from contract_tests.operations.test_instances import id_of


@pytest.fixture
def mia(admin: Administration) -> Person:
    """A person of the test's own."""
    return Person.create(admin, "mia")


@pytest.fixture
def found(client: CheckedClient) -> Instance:
    """An instance that belongs to nobody."""
    return Instance.register(client)


def claim(client: CheckedClient, person: Person, user_code: str, **body: Any) -> httpx.Response:
    whole = {"user_code": user_code, "name": "Microscope", "workspace_id": person.workspace_id, **body}
    return client.post("/api/v1/instances", json=whole, headers=bearer(person.pat))


def mails_about(url: str, instance_id: str) -> list[dict[str, Any]]:
    return rows(url, "SELECT kind, to_address FROM mail WHERE subject_id = $1", instance_id)


class TestClaimInstance:
    @pytest.mark.promise("C1")
    def test_gives_it_a_name_and_a_workspace_and_the_code_may_then_be_approved(
        self, client: CheckedClient, mia: Person, found: Instance
    ) -> None:
        flow = found.start_device_flow()
        assert approve(client, mia.pat, flow.user_code).json()["error"] == "instance_unclaimed"
        answer = claim(client, mia, flow.user_code.lower().replace("-", " "), name=" Microscope ")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
        mine = answer.json()
        assert (mine["client_id"], mine["name"]) == (found.client_id, "Microscope")
        assert (mine["workspace_id"], mine["state"]) == (mia.workspace_id, "active")
        assert client.get(f"/api/v1/instances/{mine['id']}", headers=bearer(mia.pat)).json() == mine
        assert approve(client, mia.pat, flow.user_code).status_code == 200
        token = found.poll(flow).json()["access_token"]
        assert client.get("/instance/user/session", headers=bearer(token)).status_code == 200
        owner = client.get("/instance/owner", headers=bearer(found.own_token())).json()
        assert owner == {"id": mia.id, "kind": "user"}

    def test_the_owner_is_told_by_mail_once(
        self, client: CheckedClient, mia: Person, found: Instance, server_database: str
    ) -> None:
        code = found.start_device_flow().user_code
        id = claim(client, mia, code).json()["id"]
        assert claim(client, mia, code).json()["error"] == "already_claimed"
        assert mails_about(server_database, id) == [{"kind": "instance_claimed", "to_address": mia.email}]

    def test_a_claimed_one_is_claimed_already(
        self, client: CheckedClient, mia: Person, server_database: str
    ) -> None:
        probe = Instance.register(client, key=mia.key)
        code = probe.start_device_flow().user_code
        answer = claim(client, mia, code)
        assert (answer.status_code, answer.json()["error"]) == (409, "already_claimed")
        assert mails_about(server_database, id_of(server_database, probe)) == []

    def test_one_of_somebody_else_is_answered_as_a_wrong_code(
        self, client: CheckedClient, mia: Person, eve: Person
    ) -> None:
        code = Instance.register(client, key=mia.key).start_device_flow().user_code
        told = [claim(client, eve, each) for each in (code, "BBBB-BBBB", "no code")]
        assert {each.status_code for each in told} == {404}
        assert len({(each.json()["error"], each.json()["message"]) for each in told}) == 1
        assert told[0].json()["error"] == "invalid_user_code"

    @pytest.mark.parametrize("what", ["id", "client_id"])
    def test_knowing_an_id_claims_nothing(
        self, client: CheckedClient, eve: Person, found: Instance, server_database: str, what: str
    ) -> None:
        found.start_device_flow()
        id = id_of(server_database, found)
        answer = claim(client, eve, id if what == "id" else found.client_id)
        assert answer.status_code == 404
        other = {"client_id": found.client_id, "name": "mine", "workspace_id": eve.workspace_id}
        assert client.post("/api/v1/instances", json=other, headers=bearer(eve.pat)).status_code == 400
        assert rows(server_database, "SELECT workspace_id FROM instance WHERE id = $1", id) == [
            {"workspace_id": None}
        ]

    def test_a_code_that_was_denied_or_has_expired_claims_nothing(
        self, client: CheckedClient, mia: Person, found: Instance, server_database: str
    ) -> None:
        denied, expired = (found.start_device_flow().user_code for _ in range(2))
        assert deny(client, mia.pat, denied).status_code == 200
        execute(
            server_database,
            "UPDATE device_grant SET expires_at = now() WHERE state = 'pending' AND instance_id = $1",
            id_of(server_database, found),
        )
        assert [claim(client, mia, each).status_code for each in (denied, expired)] == [404, 404]
        assert claim(client, mia, found.start_device_flow().user_code).status_code == 201

    def test_only_into_a_workspace_that_one_owns(
        self, client: CheckedClient, mia: Person, ada: Person, found: Instance, server_database: str
    ) -> None:
        code = found.start_device_flow().user_code
        stranger = claim(client, mia, code, workspace_id=ada.workspace_id)
        assert (stranger.status_code, stranger.json()["error"]) == (404, "unknown_workspace")
        join(server_database, workspace_id=ada.workspace_id, person=mia)
        member = claim(client, mia, code, workspace_id=ada.workspace_id)
        assert (member.status_code, member.json()["error"]) == (403, "owner_only")
        assert claim(client, mia, code).status_code == 201

    @pytest.mark.parametrize("name", ["", "a" * 10_000, "\u202eexe", "a\x07b"])
    def test_a_name_that_cannot_be_shown_is_refused(
        self, client: CheckedClient, mia: Person, found: Instance, name: str
    ) -> None:
        code = found.start_device_flow().user_code
        assert claim(client, mia, code, name=name).status_code == 400
        assert claim(client, mia, code).status_code == 201
