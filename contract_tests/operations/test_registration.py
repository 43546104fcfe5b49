"""register_client and update_client: keys, policy, and the bounds of what may wait unclaimed."""

from __future__ import annotations

import asyncio

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.instances import DEVICE_CODE, GRANT_TYPES, SCOPE, Instance, bearer, information
from contract_tests.harness.people import Person
from contract_tests.harness.stored import count, everything_stored, execute
from contract_tests.operations.conftest import Bounds, at


class TestRegisterClient:
    def test_without_a_key_the_instance_is_unclaimed(self, client: CheckedClient) -> None:
        instance = Instance.register(client)
        token = instance.own_token()
        assert client.get("/instance/owner", headers=bearer(token)).json()["error"] == "instance_unclaimed"
        assert client.get("/instance/workspace", headers=bearer(token)).status_code == 404
        assert client.post("/instance/alive", headers=bearer(token)).status_code == 200

    @pytest.mark.promise("C1", "C6")
    def test_with_a_key_it_belongs_to_the_keys_workspace_at_once(
        self, client: CheckedClient, ada: Person
    ) -> None:
        token = Instance.register(client, key=ada.key).own_token()
        assert client.get("/instance/owner", headers=bearer(token)).json() == {"id": ada.id, "kind": "user"}
        workspace = client.get("/instance/workspace", headers=bearer(token)).json()
        assert workspace["id"] == ada.workspace_id
        assert workspace["generation"] >= 1

    @pytest.mark.promise("C5")
    def test_one_account_may_have_any_number_of_instances(self, client: CheckedClient, ada: Person) -> None:
        ids = {Instance.register(client, key=ada.key).client_id for _ in range(12)}
        assert len(ids) == 12

    @pytest.mark.promise("C3")
    def test_unknown_members_are_ignored_and_stored_nowhere(
        self, client: CheckedClient, ada: Person, server_database: str
    ) -> None:
        Instance.register(
            client, key=ada.key, software_statement="zebra-in-the-attic", nested={"a": ["zebra-in-the-attic"]}
        )
        assert "zebra-in-the-attic" not in everything_stored(server_database)

    def test_the_secret_is_stored_nowhere(self, instance: Instance, server_database: str) -> None:
        assert instance.client_secret not in everything_stored(server_database)

    def test_members_of_rfc_7591_are_taken(self, client: CheckedClient, ada: Person) -> None:
        answer = client.post(
            "/oauth2/register",
            json={
                "grant_types": GRANT_TYPES,
                "scope": SCOPE,
                "instance_registration_key": ada.key,
                "client_name": "Lab bench",
                "redirect_uris": ["http://127.0.0.1:7777/callback", "https://tool.example/callback"],
                "token_endpoint_auth_method": "client_secret_basic",
            },
        )
        assert answer.status_code == 201
        assert answer.json()["client_name"] == "Lab bench"
        assert answer.json()["token_endpoint_auth_method"] == "client_secret_basic"
        assert len(answer.json()["redirect_uris"]) == 2

    @pytest.mark.parametrize(
        ("given", "kept"),
        [(" Lab\x07\n \u202ehcneb\u2069 ", "Lab hcneb"), ("\u200fÄ 実験", "\u200fÄ 実験"), ("\n ", None)],
    )
    def test_a_client_name_keeps_what_a_line_can_show(
        self, client: CheckedClient, ada: Person, given: str, kept: str | None
    ) -> None:
        flow = Instance.register(client, key=ada.key, client_name=given).start_device_flow()
        assert information(client, ada.pat, flow.user_code).json()["client"].get("name") == kept

    @pytest.mark.parametrize(
        "uri",
        [
            "http://evil.example/",
            "http://localhost.evil.example/",
            "http://localhost:80@evil.example/",
            "https://user@tool.example/",
            "https://tool.example/#fragment",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "https://tool.example\\@evil.example/",
            "https:///nothing",
            "http://127.0.0.1:99999/",
            "//tool.example/",
        ],
    )
    def test_redirect_uris_that_lead_elsewhere_are_refused(
        self, client: CheckedClient, ada: Person, uri: str
    ) -> None:
        body = {
            "grant_types": GRANT_TYPES,
            "scope": SCOPE,
            "instance_registration_key": ada.key,
            "redirect_uris": [uri],
        }
        answer = client.post("/oauth2/register", json=body)
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_redirect_uri"
        assert uri not in answer.text

    def test_the_policy_decides_which_scopes_and_grant_types_are_registered(
        self, client: CheckedClient, ada: Person
    ) -> None:
        answer = client.post(
            "/oauth2/register",
            json={
                "grant_types": [DEVICE_CODE, "password", "implicit"],
                "scope": "profile:read billing:write",
                "instance_registration_key": ada.key,
            },
        )
        assert answer.json()["scope"] == "profile:read"
        assert answer.json()["grant_types"] == [DEVICE_CODE]

    def test_unknown_scopes_and_no_usable_grant_type_are_refused(self, client: CheckedClient) -> None:
        unknown = client.post(
            "/oauth2/register", json={"grant_types": GRANT_TYPES, "scope": "profile:read everything"}
        )
        assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_scope")
        assert "everything" not in unknown.text
        none = client.post("/oauth2/register", json={"grant_types": ["password"], "scope": SCOPE})
        assert (none.status_code, none.json()["error"]) == (400, "invalid_client_metadata")

    def test_a_key_that_opens_nothing_is_refused_alike(
        self, client: CheckedClient, admin: Administration, ada: Person
    ) -> None:
        used_up = admin.run("registration-key", "create", "--user", ada.email)["key"]
        Instance.register(client, key=used_up)
        answers = [
            client.post(
                "/oauth2/register",
                json={"grant_types": GRANT_TYPES, "scope": SCOPE, "instance_registration_key": key},
            )
            for key in (used_up, "ckey_nonsense", "", used_up[:-1] + ("0" if used_up[-1] != "0" else "1"))
        ]
        assert {(each.status_code, each.json()["error"]) for each in answers} == {
            (403, "invalid_registration_key")
        }

    def test_a_key_past_its_end_is_refused(
        self, client: CheckedClient, admin: Administration, ada: Person, server_database: str
    ) -> None:
        made = admin.run(
            "registration-key", "create", "--user", ada.email, "--expires-in", "1d", "--reusable"
        )
        Instance.register(client, key=made["key"])
        execute(server_database, "UPDATE registration_key SET expires_at = now() WHERE id = $1", made["id"])
        body = {"grant_types": GRANT_TYPES, "scope": SCOPE, "instance_registration_key": made["key"]}
        answer = client.post("/oauth2/register", json=body)
        assert (answer.status_code, answer.json()["error"]) == (403, "invalid_registration_key")

    async def test_a_single_use_key_makes_one_instance_of_fifty_that_try(
        self, async_client: AsyncCheckedClient, admin: Administration, ada: Person
    ) -> None:
        key = admin.run("registration-key", "create", "--user", ada.email)["key"]
        body = {"grant_types": GRANT_TYPES, "scope": SCOPE, "instance_registration_key": key}
        answers = await asyncio.gather(*(async_client.post("/oauth2/register", json=body) for _ in range(50)))
        assert sorted(each.status_code for each in answers) == [201] + [403] * 49

    def test_a_failed_registration_does_not_use_the_key_up(
        self, client: CheckedClient, admin: Administration, ada: Person
    ) -> None:
        key = admin.run("registration-key", "create", "--user", ada.email)["key"]
        body = {"grant_types": GRANT_TYPES, "scope": "nonsense", "instance_registration_key": key}
        assert client.post("/oauth2/register", json=body).status_code == 400
        Instance.register(client, key=key)

    def test_a_stored_key_is_only_a_digest(self, ada: Person, server_database: str) -> None:
        stored = everything_stored(server_database)
        assert ada.key not in stored
        assert ada.pat not in stored


class TestUnclaimedRegistrations:
    def _try(self, client: CheckedClient) -> int:
        with client:
            return client.post(
                "/oauth2/register", json={"grant_types": GRANT_TYPES, "scope": SCOPE}
            ).status_code

    @pytest.mark.promise("C15")
    def test_are_limited_per_address_prefix(self, strict: Bounds) -> None:
        assert [self._try(strict.client("192.0.2.1")) for _ in range(3)] == [201, 201, 429]
        assert self._try(strict.client("192.0.2.2")) == 201
        neighbours = ["2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff::3"]
        assert [self._try(strict.client(each)) for each in neighbours] == [201, 201, 429]
        assert self._try(strict.client("2001:db8:0:2::1")) == 201

    @pytest.mark.promise("C15")
    def test_a_forwarded_address_counts_only_from_a_trusted_proxy(self, strict: Bounds) -> None:
        clients = [strict.server.client(headers=at(f"192.0.2.{last}")) for last in (1, 2, 3)]
        assert [self._try(each) for each in clients] == [201, 201, 429]

    def test_take_no_claimed_instances_place(
        self, client: CheckedClient, instance: Instance, server_database: str
    ) -> None:
        execute(
            server_database,
            "UPDATE instance SET registered_at = registered_at - interval '3 days' WHERE client_id = $1",
            instance.client_id,
        )
        Instance.register(client)
        assert instance.own_token()

    async def test_are_bounded_and_make_room_when_their_time_is_over(self, small: Bounds) -> None:
        with small.client() as client:
            body = {"grant_types": GRANT_TYPES, "scope": SCOPE}
            statuses = [client.post("/oauth2/register", json=body).status_code for _ in range(5)]
            assert statuses == [201, 201, 201, 503, 503]
            async with asyncio.timeout(20):
                while client.post("/oauth2/register", json=body).status_code != 201:  # noqa: ASYNC110
                    await asyncio.sleep(0.25)


class TestUpdateClient:
    def _update(
        self, client: CheckedClient, instance: Instance, **members: object
    ) -> tuple[int, dict[str, object]]:
        body = {**instance.credentials, "grant_types": GRANT_TYPES, "scope": SCOPE, **members}
        answer = client.put(f"/oauth2/register/{instance.client_id}", json=body)
        return answer.status_code, answer.json()

    def test_replaces_scope_and_grant_types_and_keeps_ids_and_secret(
        self, client: CheckedClient, instance: Instance
    ) -> None:
        status, payload = self._update(
            client, instance, scope="profile:read", grant_types=["client_credentials"]
        )
        assert status == 200
        assert (payload["client_id"], payload["client_secret"]) == (
            instance.client_id,
            instance.client_secret,
        )
        assert (payload["scope"], payload["grant_types"]) == ("profile:read", ["client_credentials"])
        refused = client.post(
            "/oauth2/device/authorize", data={**instance.credentials, "scope": "profile:read"}
        )
        assert refused.json()["error"] == "unauthorized_client"

    def test_the_policy_decides_at_every_update(self, client: CheckedClient, instance: Instance) -> None:
        _, payload = self._update(client, instance, scope="profile:read billing:write instance")
        assert payload["scope"] == "profile:read instance"

    def test_needs_the_right_secret_and_the_same_id(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        other = Instance.register(client, key=ada.key)
        assert self._update(client, instance, client_secret=other.client_secret)[0] == 401
        assert self._update(client, instance, **other.credentials)[0] == 401
        assert self._update(client, instance, client_id="unknown")[0] == 401


def test_nothing_is_recorded_about_who_registers(
    server_database: str, client: CheckedClient, ada: Person
) -> None:
    before = count(server_database, "interaction")
    Instance.register(client, key=ada.key)
    assert count(server_database, "interaction") == before
