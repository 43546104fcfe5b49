"""What instances call: owner, workspace, profile, session, and what is recorded of it, how often, from
which address.
"""

from __future__ import annotations

import asyncio

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import everything_stored, execute, rows
from contract_tests.operations.conftest import Bounds


def recorded(url: str, instance: Instance) -> list[dict[str, object]]:
    query = (
        "SELECT n.* FROM interaction n JOIN instance i ON i.id = n.instance_id "
        "WHERE i.client_id = $1 ORDER BY n.at"
    )
    return rows(url, query, instance.client_id)


def hours_pass(url: str, instance: Instance, hours: float) -> None:
    execute(
        url,
        "UPDATE interaction_clock SET at = at - make_interval(secs => $2) WHERE instance_id = "
        "(SELECT id FROM instance WHERE client_id = $1)",
        instance.client_id,
        hours * 3600,
    )


class TestPingAlive:
    @pytest.mark.promise("C9", "C10")
    def test_is_recorded_once_a_day_with_address_operation_and_time(
        self, client: CheckedClient, instance: Instance, server_database: str
    ) -> None:
        token = bearer(instance.own_token())
        for _ in range(3):
            assert client.post("/instance/alive", headers=token).status_code == 200
        (only,) = recorded(server_database, instance)
        assert set(only) == {"id", "instance_id", "user_id", "operation", "ip", "at"}
        assert (only["operation"], str(only["ip"]), only["user_id"]) == ("ping_alive", "127.0.0.1", None)
        hours_pass(server_database, instance, 23.9)
        client.post("/instance/alive", headers=token)
        assert len(recorded(server_database, instance)) == 1
        hours_pass(server_database, instance, 0.2)
        client.post("/instance/alive", headers=token)
        assert len(recorded(server_database, instance)) == 2

    @pytest.mark.promise("C10")
    async def test_a_hundred_at_once_leave_one_row(
        self, async_client: AsyncCheckedClient, instance: Instance, server_database: str
    ) -> None:
        token = bearer(instance.own_token())
        answers = await asyncio.gather(
            *(async_client.post("/instance/alive", headers=token) for _ in range(100))
        )
        assert {each.status_code for each in answers} == {200}
        assert len(recorded(server_database, instance)) == 1

    @pytest.mark.promise("C3")
    def test_keeps_nothing_of_the_body(
        self, client: CheckedClient, instance: Instance, server_database: str
    ) -> None:
        token = bearer(instance.own_token())
        body = {
            "os": {"kind": "zebra-os", "name": "zebra-name", "version": "zebra-version"},
            "projects": ["zebra-project"],
        }
        assert client.post("/instance/alive", headers=token, json=body).status_code == 200
        assert "zebra" not in everything_stored(server_database)

    @pytest.mark.parametrize(
        "body", [b"", b"null", b"{}", b'{"os": null}', b'{"os": {}}', b'{"os": {"kind": null}}']
    )
    def test_takes_every_form_that_clients_send(
        self, client: CheckedClient, instance: Instance, body: bytes
    ) -> None:
        headers = {**bearer(instance.own_token()), "Content-Type": "application/json"}
        assert client.post("/instance/alive", headers=headers, content=body).status_code == 200

    @pytest.mark.promise("C15")
    def test_the_address_is_the_forwarded_one_behind_a_trusted_proxy(self, strict: Bounds) -> None:
        with strict.client() as http:
            instance = Instance.register(http)
            headers = {**bearer(instance.own_token()), "X-Forwarded-For": "203.0.113.66, 198.51.100.7"}
            assert http.post("/instance/alive", headers=headers).status_code == 200
        assert str(recorded(strict.url, instance)[0]["ip"]) == "198.51.100.7"


class TestGetSession:
    def test_is_the_session_behind_the_token(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        tokens = instance.sign_in(ada.pat, "profile:read offline")
        session = client.get("/instance/user/session", headers=tokens.bearer).json()
        assert (session["client_id"], session["user_id"]) == (instance.client_id, ada.id)
        assert session["workspace_id"] == ada.workspace_id
        assert set(session["scopes"]) == {"profile:read", "offline"}
        workspace = client.get("/instance/workspace", headers=bearer(instance.own_token())).json()
        assert session["generation"] == workspace["generation"]

    @pytest.mark.promise("C9", "C11")
    def test_is_recorded_at_first_and_then_hourly_per_person(
        self, client: CheckedClient, instance: Instance, ada: Person, server_database: str
    ) -> None:
        tokens = instance.sign_in(ada.pat)
        for _ in range(3):
            client.get("/instance/user/session", headers=tokens.bearer)
            client.get("/instance/user/profile", headers=tokens.bearer)
        found = recorded(server_database, instance)
        assert sorted(str(each["operation"]) for each in found) == ["get_profile", "get_session"]
        assert {each["user_id"] for each in found} == {ada.id}
        hours_pass(server_database, instance, 1.1)
        client.get("/instance/user/session", headers=tokens.bearer)
        assert len(recorded(server_database, instance)) == 3

    @pytest.mark.promise("C11")
    async def test_a_hundred_at_once_leave_one_row(
        self, async_client: AsyncCheckedClient, instance: Instance, ada: Person, server_database: str
    ) -> None:
        tokens = instance.sign_in(ada.pat)
        calls = (async_client.get("/instance/user/session", headers=tokens.bearer) for _ in range(100))
        assert {each.status_code for each in await asyncio.gather(*calls)} == {200}
        assert len(recorded(server_database, instance)) == 1

    def test_generation_falls_behind_when_the_workspace_changes(
        self, client: CheckedClient, admin: Administration, server_database: str
    ) -> None:
        owner = Person.create(admin, "owner")
        instance = Instance.register(client, key=owner.key)
        tokens = instance.sign_in(owner.pat)
        execute(
            server_database,
            "UPDATE workspace SET generation = generation + 1 WHERE id = $1",
            owner.workspace_id,
        )
        session = client.get("/instance/user/session", headers=tokens.bearer).json()
        workspace = client.get("/instance/workspace", headers=bearer(instance.own_token())).json()
        assert session["generation"] < workspace["generation"]
        later = instance.sign_in(owner.pat)
        assert (
            client.get("/instance/user/session", headers=later.bearer).json()["generation"]
            == workspace["generation"]
        )


class TestGetProfile:
    @pytest.mark.promise("C7")
    def test_tells_the_person_and_the_plan(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        tokens = instance.sign_in(ada.pat)
        profile = client.get("/instance/user/profile", headers=tokens.bearer).json()
        assert profile["identity"]["email"] == ada.email
        assert profile["subscription"] == {"entitlements": [], "plan": {"name": "basic"}}

    @pytest.mark.promise("C7")
    def test_entitlements_come_from_the_plan(
        self, client: CheckedClient, admin: Administration, server_database: str
    ) -> None:
        person = Person.create(admin, "payer")
        execute(server_database, "UPDATE account SET plan = 'individual' WHERE id = $1", person.id)
        tokens = Instance.register(client, key=person.key).sign_in(person.pat)
        profile = client.get("/instance/user/profile", headers=tokens.bearer).json()
        assert {"name": "feature:assistant"} in profile["subscription"]["entitlements"]


class TestRevokeSession:
    def test_ends_the_whole_family(self, client: CheckedClient, instance: Instance, ada: Person) -> None:
        tokens = instance.sign_in(ada.pat)
        other = instance.sign_in(ada.pat)
        assert client.post("/instance/user/session/revoke", headers=tokens.bearer).status_code == 200
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert instance.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"
        assert client.get("/instance/user/session", headers=other.bearer).status_code == 200

    def test_an_ephemeral_instance_goes_with_its_last_session(
        self, client: CheckedClient, admin: Administration, ada: Person
    ) -> None:
        key = admin.run("registration-key", "create", "--user", ada.email, "--ephemeral")["key"]
        instance = Instance.register(client, key=key)
        first, second = instance.sign_in(ada.pat), instance.sign_in(ada.pat)
        client.post("/instance/user/session/revoke", headers=first.bearer)
        assert instance.ask_token(grant_type="client_credentials").status_code == 200
        client.post("/instance/user/session/revoke", headers=second.bearer)
        assert instance.ask_token(grant_type="client_credentials").json()["error"] == "invalid_client"


class TestGetUser:
    def test_a_personal_token_past_its_end_opens_nothing(
        self, client: CheckedClient, admin: Administration, server_database: str
    ) -> None:
        person = Person.create(admin, "visitor")
        assert client.get("/api/v1/user", headers=bearer(person.pat)).status_code == 200
        execute(
            server_database,
            "UPDATE personal_access_token SET expires_at = now() WHERE user_id = $1",
            person.id,
        )
        assert client.get("/api/v1/user", headers=bearer(person.pat)).status_code == 401

    def test_is_the_same_person_for_both_credentials(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        tokens = instance.sign_in(ada.pat)
        by_pat = client.get("/api/v1/user", headers=bearer(ada.pat)).json()
        by_token = client.get("/api/v1/user", headers=tokens.bearer).json()
        assert by_pat == by_token
        assert (by_pat["id"], by_pat["object"]) == (ada.id, "user")
