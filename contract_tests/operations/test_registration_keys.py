"""What a registration key does not do: come back to life, or take along the instances that it registered."""

from __future__ import annotations

import httpx

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import GRANT_TYPES, SCOPE, Instance
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute


def registered(client: CheckedClient, key: str) -> httpx.Response:
    body = {"grant_types": GRANT_TYPES, "scope": SCOPE, "instance_registration_key": key}
    return client.post("/oauth2/register", json=body)


def test_a_used_key_stays_used_when_its_instance_is_deleted(
    client: CheckedClient, admin: Administration, ada: Person
) -> None:
    key = admin.run("registration-key", "create", "--user", ada.email)["key"]
    instance = Instance.register(client, key=key)
    admin.run("instance", "delete", "--client-id", instance.client_id)
    assert registered(client, key).json()["error"] == "invalid_registration_key"


def test_an_expired_key_leaves_its_instances_and_their_people_alone(
    client: CheckedClient, admin: Administration, ada: Person, server_database: str
) -> None:
    key = admin.run("registration-key", "create", "--user", ada.email, "--reusable", "--expires-in", "1h")
    instance = Instance.register(client, key=key["key"])
    tokens = instance.sign_in(ada.pat)
    execute(server_database, "UPDATE registration_key SET expires_at = now() WHERE id = $1", key["id"])
    assert registered(client, key["key"]).json()["error"] == "invalid_registration_key"
    _assert_goes_on(client, instance, tokens.access_token, tokens.refresh_token)


def test_a_revoked_key_leaves_its_instances_and_their_people_alone(
    client: CheckedClient, admin: Administration, ada: Person
) -> None:
    key = admin.run("registration-key", "create", "--user", ada.email, "--reusable")
    instance = Instance.register(client, key=key["key"])
    tokens = instance.sign_in(ada.pat)
    admin.run("registration-key", "revoke", "--id", key["id"])
    _assert_goes_on(client, instance, tokens.access_token, tokens.refresh_token)


def _assert_goes_on(client: CheckedClient, instance: Instance, access: str, refresh: str) -> None:
    session = client.get("/instance/user/session", headers={"Authorization": f"Bearer {access}"})
    assert session.status_code == 200
    assert instance.refresh(refresh).status_code == 200
    assert instance.own_token()
