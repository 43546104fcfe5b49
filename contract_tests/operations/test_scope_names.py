"""The names that clients of OpenID Connect give unasked: one means a scope that exists, the other nothing."""

from __future__ import annotations

import pytest

from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person

UNASKED = "profile:read openid offline_access"


def refused(error: str) -> tuple[int, str]:
    return 400, error


class TestRegisterClient:
    def test_keeps_what_the_names_mean(self, client: CheckedClient, ada: Person) -> None:
        body = {"grant_types": ["refresh_token"], "scope": f"{UNASKED} offline"}
        answer = client.post("/oauth2/register", json={**body, "instance_registration_key": ada.key})
        assert (answer.status_code, answer.json()["scope"]) == (201, "profile:read offline")

    @pytest.mark.parametrize("scope", ["openid", "openid email", "Offline_Access", "OPENID"])
    def test_refuses_to_register_nothing(self, client: CheckedClient, scope: str) -> None:
        answer = client.post("/oauth2/register", json={"grant_types": ["refresh_token"], "scope": scope})
        assert (answer.status_code, answer.json()["error"]) == refused("invalid_scope")


class TestToken:
    def test_grants_what_the_names_mean_and_says_so(self, instance: Instance, ada: Person) -> None:
        tokens = instance.sign_in(ada.pat, UNASKED)
        assert tokens.refresh_token
        again = instance.ask_token(
            grant_type="refresh_token", refresh_token=tokens.refresh_token, scope=UNASKED
        ).json()
        assert again["scope"] == "profile:read offline"

    def test_stays_within_what_was_registered(self, client: CheckedClient, ada: Person) -> None:
        instance = Instance.register(client, key=ada.key, scope="profile:read")
        asked = {**instance.credentials, "scope": "profile:read offline_access"}
        answer = client.post("/oauth2/device/authorize", data=asked)
        assert (answer.status_code, answer.json()["error"]) == refused("invalid_scope")

    def test_is_no_token_of_an_instance_without_its_scope(self, instance: Instance) -> None:
        answer = instance.ask_token(grant_type="client_credentials", scope="openid")
        assert (answer.status_code, answer.json()["error"]) == refused("invalid_scope")
