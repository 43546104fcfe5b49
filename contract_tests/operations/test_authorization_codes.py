"""What becomes of an authorization code: who may redeem it with what, that it works once, and what a second
time does.
"""

from __future__ import annotations

import base64
import hashlib

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.code_flow import (
    CALLBACK,
    Headers,
    Proof,
    ask,
    expire,
    form,
    granted,
    redeem,
    refused_at_the_client,
    register,
    sign_in,
    started,
)
from contract_tests.harness.instances import GRANT_TYPES, SCOPE, Instance, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute, rows

LOOPBACK = "http://127.0.0.1/callback"
OF_INSTANCE = "instance_id = (SELECT id FROM instance WHERE client_id = $1)"


class TestToken:
    def test_gives_a_session_like_any_other(
        self, client: CheckedClient, tool: Instance, her: Headers, ada: Person
    ) -> None:
        tokens = sign_in(tool, her)
        session = client.get("/instance/user/session", headers=tokens.bearer).json()
        assert (session["user_id"], session["client_id"]) == (ada.id, tool.client_id)
        assert (session["workspace_id"], session["scopes"]) == (ada.workspace_id, sorted(SCOPE.split()))
        assert tool.refresh(tokens.refresh_token).status_code == 200

    def test_without_offline_there_is_no_refresh_token(self, tool: Instance, her: Headers) -> None:
        assert sign_in(tool, her, "profile:read").refresh_token == ""

    def test_takes_client_secret_basic_too(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers
    ) -> None:
        code = granted(tool, proof, her)
        basic = (tool.client_id, tool.client_secret)
        assert client.post("/oauth2/token", data=form(code, proof), auth=basic).status_code == 200

    def test_a_code_is_no_use_without_the_clients_secret(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers
    ) -> None:
        code = granted(tool, proof, her)
        for credentials in (
            {},
            {"client_id": tool.client_id},
            {"client_id": tool.client_id, "client_secret": "x"},
        ):
            answer = client.post("/oauth2/token", data=form(code, proof, **credentials))
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert redeem(tool, code, proof).status_code == 200

    @pytest.mark.parametrize("missing", ["code", "redirect_uri", "code_verifier"])
    @pytest.mark.parametrize("how", ["absent", "empty"])
    def test_misses_what_is_missing(
        self, tool: Instance, proof: Proof, her: Headers, missing: str, how: str
    ) -> None:
        code = granted(tool, proof, her)
        members = form(code, proof)
        if how == "absent":
            del members[missing]
        else:
            members[missing] = ""
        answer = tool.ask_token(**members)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert redeem(tool, code, proof).status_code == 200

    @pytest.mark.parametrize(
        "members",
        [
            {"code_verifier": Proof().verifier},
            {"redirect_uri": "https://evil.example/callback"},
            {"redirect_uri": CALLBACK + "/"},
            {"code": "cac_" + "0" * 49},
            {"code": "x"},
        ],
    )
    def test_refuses_what_does_not_belong_together_and_leaves_the_code(
        self, tool: Instance, proof: Proof, her: Headers, members: dict[str, str]
    ) -> None:
        code = granted(tool, proof, her)
        answer = tool.ask_token(**{**form(code, proof), **members})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert redeem(tool, code, proof).status_code == 200

    def test_the_challenge_is_no_verifier(self, tool: Instance, proof: Proof, her: Headers) -> None:
        code = granted(tool, proof, her)
        answer = redeem(tool, code, proof, code_verifier=proof.challenge)
        assert answer.json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("verifier", ["a" * 42, "é" * 43, "a" * 42 + " "])
    def test_a_verifier_that_can_be_guessed_is_none(
        self, tool: Instance, her: Headers, verifier: str
    ) -> None:
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        code = granted(tool, Proof(), her, code_challenge=challenge)
        answer = redeem(tool, code, Proof(verifier))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    def test_a_verifier_stands_in_for_no_missing_challenge(
        self, tool: Instance, proof: Proof, her: Headers, server_database: str
    ) -> None:
        refused_at_the_client(ask(tool, proof, code_challenge=None), "invalid_request")
        query = f"SELECT count(*) AS n FROM authorization_request WHERE {OF_INSTANCE}"
        assert rows(server_database, query, tool.client_id) == [{"n": 0}]

    def test_the_port_is_part_of_what_must_be_repeated(
        self, client: CheckedClient, ada: Person, proof: Proof, her: Headers
    ) -> None:
        tool = register(client, key=ada.key, redirect_uris=(LOOPBACK,))
        asked = "http://127.0.0.1:51004/callback"
        code = granted(tool, proof, her, redirect_uri=asked)
        for other in (LOOPBACK, "http://127.0.0.1:51005/callback"):
            assert redeem(tool, code, proof, redirect_uri=other).json()["error"] == "invalid_grant"
        assert redeem(tool, code, proof, redirect_uri=asked).status_code == 200

    def test_a_code_of_another_client_is_an_invalid_grant_and_harms_nobody(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers, ada: Person
    ) -> None:
        thief = register(client, key=ada.key)
        code = granted(tool, proof, her)
        assert redeem(thief, code, proof).json()["error"] == "invalid_grant"
        tokens = redeem(tool, code, proof).json()
        assert redeem(thief, code, proof).json()["error"] == "invalid_grant"
        assert _is_good(client, tokens["access_token"])

    def test_a_code_put_into_another_persons_sign_in_is_an_invalid_grant(
        self, client: CheckedClient, tool: Instance, her: Headers
    ) -> None:
        stolen, own = granted(tool, Proof(), her), Proof()
        started(tool, own)
        assert redeem(tool, stolen, own).json()["error"] == "invalid_grant"

    def test_a_code_is_good_for_a_minute(
        self, tool: Instance, proof: Proof, her: Headers, server_database: str
    ) -> None:
        code = granted(tool, proof, her)
        soon = "SELECT expires_at <= now() + interval '1 minute' AS soon FROM authorization_request"
        found = rows(server_database, f"{soon} WHERE {OF_INSTANCE}", tool.client_id)
        assert found == [{"soon": True}]
        expire(server_database, tool)
        assert redeem(tool, code, proof).json()["error"] == "invalid_grant"

    def test_a_code_shown_again_ends_what_it_gave(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers
    ) -> None:
        code = granted(tool, proof, her)
        tokens = redeem(tool, code, proof).json()
        successor = tool.refresh(tokens["refresh_token"]).json()
        assert _is_good(client, successor["access_token"])
        assert redeem(tool, code, proof).json()["error"] == "invalid_grant"
        for each in (tokens, successor):
            assert not _is_good(client, each["access_token"])
            assert tool.refresh(each["refresh_token"]).json()["error"] == "invalid_grant"
        assert redeem(tool, code, proof).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize(
        "members", [{"code_verifier": Proof().verifier}, {"redirect_uri": "https://evil.example/"}]
    )
    def test_also_when_whoever_shows_it_knows_nothing_else(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers, members: dict[str, str]
    ) -> None:
        code = granted(tool, proof, her)
        tokens = redeem(tool, code, proof).json()
        assert tool.ask_token(**{**form(code, proof), **members}).json()["error"] == "invalid_grant"
        assert not _is_good(client, tokens["access_token"])

    def test_nothing_but_what_the_code_gave_ends(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers
    ) -> None:
        other = sign_in(tool, her)
        code = granted(tool, proof, her)
        redeem(tool, code, proof)
        redeem(tool, code, proof)
        assert _is_good(client, other.access_token)

    def test_a_person_disabled_after_approving_gets_no_tokens(
        self, client: CheckedClient, admin: Administration, proof: Proof
    ) -> None:
        leaver = Person.with_password(admin, "leaver")
        tool = register(client, key=leaver.key)
        code = granted(tool, proof, leaver.browser(client).headers)
        admin.run("user", "disable", "--user", leaver.email)
        assert redeem(tool, code, proof).json()["error"] == "invalid_grant"

    def test_a_person_who_left_the_workspace_after_approving_gets_no_tokens(
        self,
        client: CheckedClient,
        admin: Administration,
        tool: Instance,
        proof: Proof,
        ada: Person,
        server_database: str,
    ) -> None:
        leaver = Person.with_password(admin, "leaver")
        place = (ada.workspace_id, leaver.id)
        execute(
            server_database,
            "INSERT INTO workspace_member (workspace_id, user_id, created_at) VALUES ($1, $2, now())",
            *place,
        )
        code = granted(tool, proof, leaver.browser(client).headers)
        execute(
            server_database, "DELETE FROM workspace_member WHERE workspace_id = $1 AND user_id = $2", *place
        )
        assert redeem(tool, code, proof).json()["error"] == "invalid_grant"

    def test_a_client_that_did_not_register_for_it_is_refused(
        self, client: CheckedClient, instance: Instance, proof: Proof
    ) -> None:
        assert "authorization_code" not in GRANT_TYPES
        answer = redeem(instance, "cac_x", proof)
        assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


def _is_good(client: CheckedClient, access_token: str) -> bool:
    return client.get("/instance/user/session", headers=bearer(access_token)).status_code == 200
