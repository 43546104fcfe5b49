"""Signing in where a captcha guards it: with a good token, without one, and while nobody can tell."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from contract_tests.captcha.conftest import Guarded
from contract_tests.conftest import StartServer
from contract_tests.harness.browsers import origin_of
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import count, execute
from contract_tests.harness.turnstile import SECRET, TEST_SITE_KEYS, TEST_SPENT, Outage, TurnstileService

ADDRESS = "203.0.113.9"
WRONG = "a heron over seven wrong lakes"


def sign_in(
    guarded: Guarded, token: str | None, *, password: str | None = None, http: httpx.Client | None = None
) -> httpx.Response:
    """Ask from a page of the server, as Ada."""
    client = http or guarded.client
    body = {"login": guarded.ada.email, "password": password or guarded.ada.password}
    if token is not None:
        body["captcha_token"] = token
    headers = {"Origin": origin_of(client), "X-Forwarded-For": ADDRESS}
    return client.post("/api/v1/account/sign-in", json=body, headers=headers)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


class TestSignIn:
    @pytest.mark.promise("K12")
    def test_with_a_good_token_sends_the_service_that_and_the_address_alone(self, guarded: Guarded) -> None:
        token = guarded.service.token("sign_in")
        assert sign_in(guarded, token).status_code == 200
        question = guarded.service.questions[-1]
        key = str(UUID(question.form["idempotency_key"]))
        assert question.form == {
            "secret": SECRET, "response": token, "remoteip": ADDRESS, "idempotency_key": key,
        }  # fmt: skip
        everything = repr(question).lower()
        for told in (guarded.ada.email, guarded.ada.id, str(guarded.ada.password), "cookie", "mozilla"):
            assert told.lower() not in everything

    def test_without_a_token_is_refused_and_nobody_is_asked(self, guarded: Guarded) -> None:
        asked = len(guarded.service.questions)
        assert refusal(sign_in(guarded, None)) == (403, "captcha_required")
        assert len(guarded.service.questions) == asked

    def test_a_token_is_good_for_one_sign_in(self, guarded: Guarded) -> None:
        token = guarded.service.token("sign_in")
        assert sign_in(guarded, token).status_code == 200
        assert refusal(sign_in(guarded, token)) == (403, "captcha_failed")

    def test_and_for_one_wrong_password(self, guarded: Guarded) -> None:
        token = guarded.service.token("sign_in")
        assert sign_in(guarded, token, password=WRONG).status_code == 401
        assert refusal(sign_in(guarded, token)) == (403, "captcha_failed")

    def test_one_for_signing_up_or_for_another_site_is_refused(self, guarded: Guarded) -> None:
        tokens = [guarded.service.token("sign_up"), guarded.service.token("sign_in", hostname="example.org")]
        refusals = [refusal(sign_in(guarded, token)) for token in [*tokens, "made-up"]]
        assert refusals == [(403, "captcha_failed")] * 3

    def test_an_old_one_is_refused(self, guarded: Guarded) -> None:
        token = guarded.service.token("sign_in")
        guarded.service.let_pass(300)
        assert refusal(sign_in(guarded, token)) == (403, "captcha_failed")

    @pytest.mark.parametrize("outage", Outage)
    def test_while_nobody_can_tell_nobody_signs_in(self, guarded: Guarded, outage: Outage) -> None:
        before, told = count(guarded.database_url, "sign_in"), len(guarded.events("captcha_unavailable"))
        with guarded.service.failing(outage):
            answer = sign_in(guarded, guarded.service.token("sign_in"))
        assert refusal(answer) == (503, "captcha_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert count(guarded.database_url, "sign_in") == before
        (event,) = guarded.events("captcha_unavailable")[told:]
        assert (event["operation_id"], event["request_id"]) == ("sign_in", answer.headers["X-Request-Id"])

    def test_what_the_captcha_refuses_is_no_guess_at_a_password(self, guarded: Guarded) -> None:
        execute(guarded.database_url, "DELETE FROM attempt")
        for token in (None, "made-up"):
            assert sign_in(guarded, token, password=WRONG).status_code == 403
        assert count(guarded.database_url, "attempt") == 0

    @pytest.mark.promise("K25")
    def test_no_token_and_no_secret_is_kept(self, guarded: Guarded) -> None:
        from contract_tests.harness.stored import everything_stored

        token = guarded.service.token("sign_in")
        assert sign_in(guarded, token).status_code == 200
        for kept in (everything_stored(guarded.database_url), guarded.server.stderr):
            assert token not in kept
            assert SECRET not in kept


class TestWithoutACaptcha:
    def test_the_start_says_so_and_a_token_is_passed_over(
        self, server: ServerProcess, client: CheckedClient
    ) -> None:
        said = [line for line in server.stderr.splitlines() if "captcha" in line]
        assert said[0].startswith("candor: no captcha guards sign-up and sign-in: give CANDOR_TURNSTILE_SITE")
        (started,) = [each for each in server.events if each["event"] == "server_started"]
        assert started["captcha"] is False
        answer = client.post(
            "/api/v1/account/sign-in",
            json={"login": "nobody", "password": WRONG, "captcha_token": "any"},
            headers={"Origin": origin_of(client)},
        )
        assert answer.json()["error"] == "wrong_password"
        assert client.get("/api/v1/account/policy").json()["captcha"] is None

    def test_half_a_captcha_does_not_start(self, start_server: StartServer) -> None:
        server = start_server(variables={"CANDOR_TURNSTILE_SITE_KEY": next(iter(TEST_SITE_KEYS))}, wait=False)
        assert server.ended() == 1
        sentence = server.stderr.splitlines()[-1]
        assert sentence == "CANDOR_TURNSTILE_SECRET is missing: a site key and its secret go together."


class TestWithACaptcha:
    def test_the_start_says_nothing_of_it(self, guarded: Guarded) -> None:
        assert "no captcha" not in guarded.server.stderr
        (started,) = guarded.events("server_started")
        assert started["captcha"] is True

    def test_a_secret_that_the_service_refuses_is_told_to_the_operator(
        self, start_server: StartServer
    ) -> None:
        with TurnstileService() as service:
            server = start_server(variables=service.variables | {"CANDOR_TURNSTILE_SECRET": "0x4-of-others"})
            with server.client() as client:
                answer = client.post(
                    "/api/v1/account/sign-in",
                    json={"login": "nobody", "password": WRONG, "captcha_token": service.token("sign_in")},
                    headers={"Origin": origin_of(client)},
                )
        assert refusal(answer) == (503, "captcha_unavailable")
        assert [each["event"] for each in server.events if "captcha_" in str(each["event"])] == [
            "captcha_misconfigured"
        ]

    def test_the_keys_of_cloudflares_table_let_nobody_in(self, start_server: StartServer) -> None:
        with TurnstileService() as service:
            server = start_server(variables=service.variables | {"CANDOR_TURNSTILE_SECRET": TEST_SPENT})
            with server.client() as client:
                answer = client.post(
                    "/api/v1/account/sign-in",
                    json={"login": "nobody", "password": WRONG, "captcha_token": "XXXX.DUMMY.TOKEN.XXXX"},
                    headers={"Origin": origin_of(client)},
                )
        assert refusal(answer) == (403, "captcha_failed")


class TestGetSignInPolicy:
    def test_says_what_a_page_needs(self, guarded: Guarded) -> None:
        assert guarded.client.get("/api/v1/account/policy").json() == {
            "captcha": {
                "provider": "turnstile",
                "site_key": "0x4AAAAAAAcandorSiteKey",
                "script": f"{guarded.service.url}/api.js",
            },
            "password": {"min_length": 12, "max_length": 128},
        }
