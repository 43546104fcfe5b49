"""The token endpoint's other grants, introspection and revocation: rotation, replay, races, and what stays
unsaid.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.instances import DEVICE_CODE, Instance, Tokens, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import everything_stored, execute, rows
from contract_tests.operations.conftest import Bounds


@pytest.fixture
def tokens(instance: Instance, ada: Person) -> Tokens:
    """Ada signed in to her instance."""
    return instance.sign_in(ada.pat)


def usable(client: httpx.Client, access_token: str) -> bool:
    return client.get("/instance/user/session", headers=bearer(access_token)).status_code == 200


class TestToken:
    def test_answers_as_rfc_6749_says(self, instance: Instance) -> None:
        answer = instance.ask_token(grant_type="client_credentials")
        payload = answer.json()
        assert (payload["token_type"], payload["scope"], payload["expires_in"]) == (
            "Bearer",
            "instance",
            3600,
        )
        assert "refresh_token" not in payload
        assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")

    def test_takes_both_ways_of_client_authentication(
        self, client: CheckedClient, instance: Instance
    ) -> None:
        basic = (instance.client_id, instance.client_secret)
        answer = client.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=basic)
        assert answer.status_code == 200

    def test_unknown_client_and_wrong_secret_look_the_same(
        self, client: CheckedClient, instance: Instance
    ) -> None:
        form = {"grant_type": "client_credentials"}
        answers = [
            client.post("/oauth2/token", data={**form, "client_id": client_id, "client_secret": secret})
            for client_id, secret in (
                (instance.client_id, "ccs_wrong"),
                ("01KAJ3S9QWXJ0V0B4R1YH8N2CD", instance.client_secret),
                (instance.client_id, instance.client_secret.swapcase()),
            )
        ]
        bodies = [{k: v for k, v in each.json().items() if k != "request_id"} for each in answers]
        assert all(each.status_code == 401 for each in answers)
        assert bodies[0] == bodies[1] == bodies[2]
        assert all("WWW-Authenticate" in each.headers for each in answers)

    def test_the_client_is_checked_before_the_grant(self, client: CheckedClient) -> None:
        answer = client.post(
            "/oauth2/token", data={"grant_type": "no-such-grant", "client_id": "x", "client_secret": "y"}
        )
        assert answer.json()["error"] == "invalid_client"

    def test_other_grants_are_unsupported(self, instance: Instance) -> None:
        for grant in ("password", "implicit", "urn:example:other"):
            assert instance.ask_token(grant_type=grant, code="c").json()["error"] == "unsupported_grant_type"

    def test_a_grant_that_the_client_did_not_register_is_refused(
        self, client: CheckedClient, ada: Person
    ) -> None:
        modest = Instance.register(client, key=ada.key, grant_types=["refresh_token"])
        for grant in ({"grant_type": "client_credentials"}, {"grant_type": DEVICE_CODE, "device_code": "c"}):
            answer = modest.ask_token(**grant)
            assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")

    def test_a_grant_without_what_it_exchanges_is_refused(self, instance: Instance) -> None:
        for grant_type in (DEVICE_CODE, "refresh_token"):
            answer = instance.ask_token(grant_type=grant_type)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    @pytest.mark.promise("C3")
    def test_unknown_parameters_are_ignored_and_stored_nowhere(
        self, instance: Instance, server_database: str
    ) -> None:
        answer = instance.ask_token(grant_type="client_credentials", resource="zebra-under-the-stairs")
        assert answer.status_code == 200
        assert "zebra-under-the-stairs" not in everything_stored(server_database)

    def test_repeated_parameters_are_refused(self, client: CheckedClient, instance: Instance) -> None:
        body = f"grant_type=client_credentials&grant_type=client_credentials&client_id={instance.client_id}"
        answer = client.post(
            "/oauth2/token", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert instance.client_id not in answer.text

    @pytest.mark.parametrize(("off", "status"), [(-301, 400), (301, 400), (-240, 200), (240, 200)])
    def test_a_clock_that_is_off_is_told(
        self, client: CheckedClient, instance: Instance, off: int, status: int
    ) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=off), usegmt=True)
        answer = client.post(
            "/oauth2/token",
            data={**instance.credentials, "grant_type": "client_credentials"},
            headers={"Date": date},
        )
        assert answer.status_code == status
        if status == 400:
            assert "stale_date" in answer.json()["error_description"]

    def test_an_unreadable_date_is_ignored(self, client: CheckedClient, instance: Instance) -> None:
        form = {**instance.credentials, "grant_type": "client_credentials"}
        assert client.post("/oauth2/token", data=form, headers={"Date": "yesterday"}).status_code == 200

    def test_tokens_are_stored_only_as_digests(self, tokens: Tokens, server_database: str) -> None:
        stored = everything_stored(server_database)
        assert tokens.access_token not in stored
        assert tokens.refresh_token not in stored

    def test_an_access_token_past_its_end_opens_nothing(
        self, client: CheckedClient, instance: Instance, tokens: Tokens, server_database: str
    ) -> None:
        execute(
            server_database,
            "UPDATE access_token SET expires_at = now() WHERE instance_id = "
            "(SELECT id FROM instance WHERE client_id = $1)",
            instance.client_id,
        )
        assert not usable(client, tokens.access_token)
        assert instance.refresh(tokens.refresh_token).status_code == 200

    def test_a_truncated_or_extended_token_opens_nothing(self, client: CheckedClient, tokens: Tokens) -> None:
        for wrong in (tokens.access_token[:-1], tokens.access_token + "0", tokens.access_token[4:]):
            assert client.get("/instance/user/session", headers=bearer(wrong)).status_code == 401


class TestRefresh:
    @pytest.mark.promise("K20")
    def test_gives_new_tokens_and_keeps_the_session(
        self, client: CheckedClient, instance: Instance, tokens: Tokens
    ) -> None:
        before = client.get("/instance/user/session", headers=tokens.bearer).json()
        fresh = instance.refresh(tokens.refresh_token).json()
        assert fresh["refresh_token"] != tokens.refresh_token
        after = client.get("/instance/user/session", headers=bearer(fresh["access_token"])).json()
        assert (before["id"], before["generation"]) == (after["id"], after["generation"])

    def test_a_retry_within_the_grace_gets_the_same_successor(
        self, instance: Instance, tokens: Tokens
    ) -> None:
        first, again = (instance.refresh(tokens.refresh_token).json() for _ in range(2))
        assert (first["access_token"], first["refresh_token"]) == (
            again["access_token"],
            again["refresh_token"],
        )

    async def test_fifty_parallel_refreshes_get_one_successor(
        self, async_client: AsyncCheckedClient, instance: Instance, tokens: Tokens, server_database: str
    ) -> None:
        form = {**instance.credentials, "grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        answers = await asyncio.gather(*(async_client.post("/oauth2/token", data=form) for _ in range(50)))
        assert Counter(each.status_code for each in answers) == {200: 50}
        assert len({(each.json()["access_token"], each.json()["refresh_token"]) for each in answers}) == 1
        live = rows(
            server_database,
            "SELECT count(*) AS n FROM refresh_token r JOIN session s ON s.id = r.session_id JOIN instance i "
            "ON i.id = s.instance_id WHERE i.client_id = $1 AND r.consumed_at IS NULL",
            instance.client_id,
        )
        assert live[0]["n"] == 1

    def test_a_grandparent_within_the_grace_ends_the_family(
        self, client: CheckedClient, instance: Instance, tokens: Tokens
    ) -> None:
        second = instance.refresh(tokens.refresh_token).json()
        third = instance.refresh(second["refresh_token"]).json()
        assert instance.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"
        assert not usable(client, third["access_token"])
        assert instance.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"

    @pytest.mark.promise("K20")
    def test_a_replay_after_the_grace_ends_the_family(self, strict: Bounds) -> None:
        person = Person.create(strict.admin, "ada")
        before = len(strict.server.events)
        with strict.client() as http:
            instance = Instance.register(http, key=person.key)
            tokens = instance.sign_in(person.pat)
            fresh = instance.refresh(tokens.refresh_token).json()
            assert usable(http, fresh["access_token"])
            refused = instance.refresh(tokens.refresh_token)
            assert refused.json()["error"] == "invalid_grant"
            told = [each for each in strict.server.events[before:] if each["event"] == "grant_replayed"]
            assert [(each["operation_id"], each["request_id"]) for each in told] == [
                ("token", refused.headers["X-Request-Id"])
            ]
            assert not usable(http, fresh["access_token"])
            assert not usable(http, tokens.access_token)
            assert instance.refresh(fresh["refresh_token"]).json()["error"] == "invalid_grant"

    def test_a_token_of_another_client_is_refused_and_unharmed(
        self, client: CheckedClient, instance: Instance, tokens: Tokens, ada: Person
    ) -> None:
        thief = Instance.register(client, key=ada.key)
        assert thief.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"
        assert instance.refresh(tokens.refresh_token).status_code == 200

    def test_scope_may_repeat_but_not_widen(self, instance: Instance, ada: Person) -> None:
        tokens = instance.sign_in(ada.pat, "profile:read offline")
        wider = instance.ask_token(
            grant_type="refresh_token", refresh_token=tokens.refresh_token, scope="profile:read assistant"
        )
        assert wider.json()["error"] == "invalid_scope"
        same = instance.ask_token(
            grant_type="refresh_token", refresh_token=tokens.refresh_token, scope="profile:read offline"
        )
        assert same.status_code == 200

    def test_a_disabled_person_gets_no_more_tokens(
        self, client: CheckedClient, admin: Administration
    ) -> None:
        leaver = Person.create(admin, "leaver")
        instance = Instance.register(client, key=leaver.key)
        tokens = instance.sign_in(leaver.pat)
        admin.run("user", "disable", "--user", leaver.email)
        assert not usable(client, tokens.access_token)
        assert instance.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"

    def test_an_expired_refresh_token_is_refused(
        self, instance: Instance, tokens: Tokens, server_database: str
    ) -> None:
        execute(
            server_database,
            "UPDATE refresh_token SET expires_at = now() WHERE session_id IN (SELECT s.id FROM session s JOIN"
            " "
            "instance i ON i.id = s.instance_id WHERE i.client_id = $1)",
            instance.client_id,
        )
        assert instance.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"


class TestIntrospect:
    def _ask(self, client: CheckedClient, token: str, **form: str) -> dict[str, object]:
        payload: dict[str, object] = client.post("/oauth2/introspect", data={"token": token, **form}).json()
        return payload

    def test_tells_what_a_token_is(
        self, client: CheckedClient, instance: Instance, tokens: Tokens, ada: Person
    ) -> None:
        told = self._ask(client, tokens.access_token)
        assert told["active"] is True
        assert (told["client_id"], told["sub"]) == (instance.client_id, ada.id)
        assert told["meta"] == {
            "instance_id": told["meta"]["instance_id"],  # type: ignore[index]
            "kind": "instance",
            "workspace_id": ada.workspace_id,
        }
        assert self._ask(client, tokens.refresh_token)["active"] is True
        assert self._ask(client, ada.pat) == {"active": True, "sub": ada.id, "token_type": "Bearer"}

    def test_what_is_no_token_is_inactive_and_nothing_more(
        self, client: CheckedClient, tokens: Tokens
    ) -> None:
        for wrong in ("x", tokens.access_token[:-1], "cat_" + "0" * 49, "é" * 20):
            assert self._ask(client, wrong) == {"active": False}

    def test_a_client_learns_only_about_its_own_tokens(
        self, client: CheckedClient, instance: Instance, tokens: Tokens, ada: Person
    ) -> None:
        other = Instance.register(client, key=ada.key)
        assert self._ask(client, tokens.access_token, **other.credentials) == {"active": False}
        assert self._ask(client, ada.pat, **other.credentials) == {"active": False}
        assert self._ask(client, tokens.access_token, **instance.credentials)["active"] is True
        wrong = client.post(
            "/oauth2/introspect",
            data={"token": tokens.access_token, "client_id": instance.client_id, "client_secret": "wrong"},
        )
        assert wrong.status_code == 401


class TestRevoke:
    def test_a_refresh_token_ends_the_session(
        self, client: CheckedClient, instance: Instance, tokens: Tokens
    ) -> None:
        assert instance.revoke(tokens.refresh_token).status_code == 200
        assert not usable(client, tokens.access_token)
        assert instance.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"
        assert instance.revoke(tokens.refresh_token).status_code == 200

    def test_an_access_token_ends_alone(
        self, client: CheckedClient, instance: Instance, tokens: Tokens
    ) -> None:
        assert instance.revoke(tokens.access_token).status_code == 200
        assert not usable(client, tokens.access_token)
        assert instance.refresh(tokens.refresh_token).status_code == 200

    def test_the_used_token_within_grace_revives_nothing_after_revocation(
        self, instance: Instance, tokens: Tokens
    ) -> None:
        fresh = instance.refresh(tokens.refresh_token).json()
        instance.revoke(fresh["refresh_token"])
        assert instance.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"

    def test_tokens_of_other_clients_are_left_alone(
        self, client: CheckedClient, instance: Instance, tokens: Tokens, ada: Person
    ) -> None:
        other = Instance.register(client, key=ada.key)
        for token in (tokens.access_token, tokens.refresh_token, "nonsense"):
            assert other.revoke(token).status_code == 200
        assert usable(client, tokens.access_token)

    def test_needs_the_client(self, client: CheckedClient, tokens: Tokens) -> None:
        assert client.post("/oauth2/revoke", data={"token": tokens.refresh_token}).status_code == 401
        assert usable(client, tokens.access_token)
