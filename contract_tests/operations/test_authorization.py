"""The authorization code flow in a browser: where it is sent, what a person is shown, and who may decide."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.code_flow import (
    CALLBACK,
    CODE_GRANT_TYPES,
    Headers,
    Proof,
    approve,
    ask,
    code_of,
    deny,
    expire,
    granted,
    handle_of,
    information,
    query,
    redeem,
    refused_at_home,
    refused_at_the_client,
    register,
    started,
    told,
)
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import everything_stored, rows
from contract_tests.operations.conftest import Bounds


@pytest.fixture
def issuer(client: CheckedClient) -> str:
    found: str = client.get("/.well-known/oauth-authorization-server").json()["issuer"]
    return found


class TestAuthorize:
    def test_sends_the_browser_to_the_page_with_a_handle_and_nothing_else(
        self, issuer: str, tool: Instance, proof: Proof
    ) -> None:
        answer = ask(tool, proof, state="ours")
        address = urlsplit(answer.headers["Location"])
        assert f"{address.scheme}://{address.netloc}" == issuer
        assert handle_of(answer).startswith("crh_")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"

    def test_does_not_mind_parameters_that_it_does_not_know(self, tool: Instance, proof: Proof) -> None:
        handle_of(ask(tool, proof, prompt="none", nonce="n", resource="https://elsewhere.example"))

    def test_stores_the_handle_and_the_code_only_as_digests(
        self, tool: Instance, proof: Proof, her: Headers, server_database: str
    ) -> None:
        handle = started(tool, proof)
        code = code_of(approve(tool.http, her, handle))
        stored = everything_stored(server_database)
        assert handle not in stored
        assert code not in stored
        assert proof.verifier not in stored

    @pytest.mark.parametrize("instance_of", ["nobody", "somebody else"])
    def test_an_unknown_client_is_sent_nowhere(
        self, client: CheckedClient, tool: Instance, proof: Proof, ada: Person, instance_of: str
    ) -> None:
        other = Instance.register(client, key=ada.key)  # which has no address at all
        client_id = "01KAJ3S9QWXJ0V0B4R1YH8N2CD" if instance_of == "nobody" else other.client_id
        refused_at_home(ask(tool, proof, client_id=client_id))

    def test_whether_a_client_exists_is_not_told(
        self, client: CheckedClient, tool: Instance, proof: Proof
    ) -> None:
        unknown = ask(tool, proof, client_id="01KAJ3S9QWXJ0V0B4R1YH8N2CD").json()
        elsewhere = ask(tool, proof, redirect_uri="https://evil.example/").json()
        drop = "request_id"
        assert {k: v for k, v in unknown.items() if k != drop} == {
            k: v for k, v in elsewhere.items() if k != drop
        }

    @pytest.mark.parametrize(
        ("members", "error"),
        [
            ({"response_type": None}, "invalid_request"),
            ({"response_type": ""}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": "code token"}, "unsupported_response_type"),
            ({"scope": None}, "invalid_scope"),
            ({"scope": "nonsense"}, "invalid_scope"),
            ({"scope": "instance billing:write"}, "invalid_scope"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge": ""}, "invalid_request"),
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"code_challenge": "x" * 43}, "invalid_request"),
            ({"code_challenge": "A" * 42}, "invalid_request"),
            ({"code_challenge": "A" * 43 + "="}, "invalid_request"),
            ({"code_challenge": "+" * 42 + "A"}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge_method": "s256"}, "invalid_request"),
        ],
    )
    def test_what_is_wrong_is_told_at_the_clients_address(
        self, issuer: str, tool: Instance, proof: Proof, members: dict[str, str | None], error: str
    ) -> None:
        found = refused_at_the_client(ask(tool, proof, state="s t&a=1#", **members), error)
        assert (found["state"], found["iss"]) == ("s t&a=1#", issuer)
        assert set(found) == {"error", "error_description", "state", "iss"}

    def test_without_state_there_is_none_in_the_answer(self, tool: Instance, proof: Proof) -> None:
        for state in (None, ""):
            found = refused_at_the_client(ask(tool, proof, scope="nonsense", state=state), "invalid_scope")
            assert "state" not in found

    def test_a_state_cannot_add_to_the_answer(self, tool: Instance, proof: Proof) -> None:
        evil = "x&code=stolen&iss=https://evil.example\r\nSet-Cookie: a=b"
        found = refused_at_the_client(ask(tool, proof, scope="nonsense", state=evil), "invalid_scope")
        assert found["state"] == evil

    def test_the_query_of_an_address_stays(self, client: CheckedClient, ada: Person, proof: Proof) -> None:
        for uri in (f"{CALLBACK}?tenant=7", f"{CALLBACK}?tenant=7&"):
            tool = register(client, key=ada.key, redirect_uris=(uri,))
            location = ask(tool, proof, redirect_uri=uri, scope="nonsense").headers["Location"]
            assert location.startswith(uri)
            assert (told(location)["tenant"], told(location)["error"]) == ("7", "invalid_scope")

    def test_scopes_beyond_the_registration_are_refused(
        self, client: CheckedClient, ada: Person, proof: Proof
    ) -> None:
        modest = Instance.register(
            client,
            key=ada.key,
            scope="profile:read",
            grant_types=CODE_GRANT_TYPES,
            redirect_uris=[CALLBACK],
        )
        refused_at_the_client(ask(modest, proof, scope="profile:read offline"), "invalid_scope")

    def test_a_client_that_did_not_register_for_it_is_told(
        self, client: CheckedClient, ada: Person, proof: Proof
    ) -> None:
        other = Instance.register(client, key=ada.key, redirect_uris=[CALLBACK])
        refused_at_the_client(ask(other, proof), "unauthorized_client")

    def test_nobody_is_sent_to_a_client_that_nobody_claimed_without_having_said_so(
        self, client: CheckedClient, proof: Proof
    ) -> None:
        unclaimed = register(client, key=None)
        for members in ({"scope": "nonsense"}, {"response_type": "token"}, {"code_challenge": None}):
            answer = ask(unclaimed, proof, **members)
            assert answer.status_code == 400
            assert "Location" not in answer.headers
        handle_of(ask(unclaimed, proof))

    @pytest.mark.parametrize("name", ["client_id", "redirect_uri", "response_type", "scope", "state"])
    def test_what_is_there_twice_is_sent_nowhere(self, tool: Instance, proof: Proof, name: str) -> None:
        once = query(tool, proof, state="s")
        twice = {**once, name: [once[name], once[name]]}
        refused_at_home(tool.http.get("/oauth2/authorize", params=twice))

    def test_one_address_can_ask_so_often(self, strict: Bounds, proof: Proof) -> None:
        ada = Person.with_password(strict.admin, "ada")
        with strict.client() as http:
            tool = register(http, key=ada.key)
            wrong = [ask(tool, proof, scope="nonsense") for _ in range(5)]
            assert {each.status_code for each in wrong} == {302}
            answers = [ask(tool, proof) for _ in range(5)]
            assert [each.status_code for each in answers] == [302] * 3 + [429] * 2
            assert 0 < int(answers[-1].headers["Retry-After"]) <= 600
            assert information(http, ada.browser(http).headers, handle_of(answers[0])).status_code == 200
        query = """SELECT count(*) AS n FROM authorization_request
                    WHERE instance_id = (SELECT id FROM instance WHERE client_id = $1)"""
        assert rows(strict.url, query, tool.client_id) == [{"n": 3}]


class TestAuthorizationInformation:
    def test_tells_who_asks_for_what(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers, ada: Person
    ) -> None:
        handle = started(tool, proof, scope="profile:read offline billing:write")
        payload = information(client, her, handle).json()
        assert payload["client"]["id"] == tool.client_id
        assert payload["client"]["instance"]["name"].startswith("lab-")
        assert payload["workspace"]["id"] == ada.workspace_id
        assert payload["redirect"] == {"kind": "web", "host": "tool.example"}
        assert {each["name"]: each["requirement"] for each in payload["scopes"]} == {
            "profile:read": "required",
            "offline": "optional",
            "billing:write": "forbidden",
        }
        assert payload["expires_at"] - payload["requested_at"] == 600

    def test_shows_an_unclaimed_instance_without_instance_and_workspace(
        self, client: CheckedClient, proof: Proof, eve: Person
    ) -> None:
        unclaimed = Instance.register(
            client, grant_types=CODE_GRANT_TYPES, redirect_uris=[CALLBACK], client_name="Bench 7"
        )
        payload = information(client, eve.browser(client).headers, started(unclaimed, proof)).json()
        assert payload["client"]["name"] == "Bench 7"
        assert "instance" not in payload["client"]
        assert "workspace" not in payload

    def test_answers_strangers_as_if_the_handle_did_not_exist(
        self, client: CheckedClient, tool: Instance, proof: Proof, eve: Person, her: Headers
    ) -> None:
        handle = started(tool, proof)
        never_issued = handle[:4] + "0" * (len(handle) - 4)
        decided = started(tool, proof)
        assert deny(client, her, decided).status_code == 200
        answers = [
            call(client, eve.browser(client).headers, each)
            for call in (information, approve, deny)
            for each in (handle, never_issued, decided, "x")
        ]
        drop = "request_id"
        bodies = [{k: v for k, v in each.json().items() if k != drop} for each in answers]
        assert {each.status_code for each in answers} == {404}
        assert all(each == bodies[0] for each in bodies)
        assert information(client, her, handle).status_code == 200


class TestAuthorizationApprove:
    def test_sends_the_browser_back_with_a_code(
        self, client: CheckedClient, issuer: str, tool: Instance, proof: Proof, her: Headers
    ) -> None:
        answer = approve(client, her, started(tool, proof, state="s t&a=1#"))
        location = answer.json()["redirect_to"]
        assert location.startswith(CALLBACK + "?code=cac_")
        found = told(location)
        assert (found.pop("code")[:4], found) == ("cac_", {"state": "s t&a=1#", "iss": issuer})

    def test_grants_everything_that_may_be_granted_by_default(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers
    ) -> None:
        code = granted(tool, proof, her, "profile:read offline billing:write instance")
        assert redeem(tool, code, proof).json()["scope"] == "profile:read offline"

    @pytest.mark.parametrize("chosen", ["profile:read,offline", "offline profile:read"])
    def test_grants_a_chosen_subset(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers, chosen: str
    ) -> None:
        code = code_of(approve(client, her, started(tool, proof), chosen))
        assert set(redeem(tool, code, proof).json()["scope"].split()) == {"profile:read", "offline"}

    @pytest.mark.parametrize("chosen", ["", "offline", "profile:read billing:write", "profile:read nonsense"])
    def test_refuses_a_choice_without_what_is_required_or_beyond_what_was_asked(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers, chosen: str
    ) -> None:
        handle = started(tool, proof)
        answer = approve(client, her, handle, chosen)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
        assert information(client, her, handle).status_code == 200

    def test_decides_once(self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers) -> None:
        handle = started(tool, proof)
        assert approve(client, her, handle).status_code == 200
        for call in (information, approve, deny):
            assert call(client, her, handle).status_code == 404

    def test_forgets_what_the_client_gave_to_have_back(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers, server_database: str
    ) -> None:
        for decide in (approve, deny):
            assert decide(client, her, started(tool, proof, state="a-state-of-ours")).status_code == 200
        assert "a-state-of-ours" not in everything_stored(server_database)

    @pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
    def test_only_a_page_of_the_server_decides(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers, origin: str | None
    ) -> None:
        handle = started(tool, proof)
        elsewhere = {name: value for name, value in her.items() if name != "Origin"}
        elsewhere |= {} if origin is None else {"Origin": origin}
        for decide in (approve, deny):
            answer = decide(client, elsewhere, handle)
            assert (answer.status_code, answer.json()["error"]) == (403, "origin_refused")
        assert information(client, her, handle).status_code == 200

    def test_a_token_of_a_script_decides_nothing(
        self, client: CheckedClient, tool: Instance, proof: Proof, ada: Person, her: Headers
    ) -> None:
        handle = started(tool, proof)
        assert approve(client, bearer(ada.pat), handle).status_code == 401
        assert information(client, her, handle).status_code == 200

    @pytest.mark.promise("C6")
    def test_refuses_a_person_of_another_workspace(
        self, client: CheckedClient, tool: Instance, proof: Proof, eve: Person, her: Headers
    ) -> None:
        handle = started(tool, proof)
        assert approve(client, eve.browser(client).headers, handle).status_code == 404
        assert deny(client, eve.browser(client).headers, handle).status_code == 404
        assert approve(client, her, handle).status_code == 200

    def test_says_that_an_unclaimed_instance_must_be_claimed(
        self, client: CheckedClient, admin: Administration, proof: Proof, ada: Person, her: Headers
    ) -> None:
        unclaimed = register(client, key=None)
        handle = started(unclaimed, proof)
        refused = approve(client, her, handle)
        assert (refused.status_code, refused.json()["error"]) == (409, "instance_unclaimed")
        admin.run(
            "instance", "claim", "--client-id", unclaimed.client_id, "--user", ada.email, "--name", "bench"
        )
        assert redeem(unclaimed, code_of(approve(client, her, handle)), proof).status_code == 200

    def test_a_request_past_its_life_is_over(
        self, client: CheckedClient, tool: Instance, proof: Proof, her: Headers, server_database: str
    ) -> None:
        handle = started(tool, proof)
        expire(server_database, tool)
        for call in (information, approve, deny):
            assert call(client, her, handle).status_code == 404

    def test_a_request_of_a_deleted_instance_is_gone(
        self, client: CheckedClient, admin: Administration, tool: Instance, proof: Proof, her: Headers
    ) -> None:
        handle = started(tool, proof)
        admin.run("instance", "delete", "--client-id", tool.client_id)
        assert approve(client, her, handle).status_code == 404


class TestAuthorizationDeny:
    def test_tells_the_client(
        self, client: CheckedClient, issuer: str, tool: Instance, proof: Proof, her: Headers
    ) -> None:
        answer = deny(client, her, started(tool, proof, state="s"))
        assert answer.status_code == 200
        found = told(answer.json()["redirect_to"])
        assert found == {"error": "access_denied", "state": "s", "iss": issuer}

    def test_anyone_may_deny_for_an_unclaimed_instance(
        self, client: CheckedClient, proof: Proof, eve: Person
    ) -> None:
        handle = started(register(client, key=None), proof)
        assert deny(client, eve.browser(client).headers, handle).status_code == 200


class TestMetadata:
    def test_says_what_the_flow_needs(self, client: CheckedClient, issuer: str) -> None:
        found = client.get("/.well-known/oauth-authorization-server").json()
        assert found["authorization_endpoint"] == f"{found['issuer']}/oauth2/authorize"
        assert found["response_types_supported"] == ["code"]
        assert found["code_challenge_methods_supported"] == ["S256"]
        assert found["authorization_response_iss_parameter_supported"] is True
        assert "authorization_code" in found["grant_types_supported"]
