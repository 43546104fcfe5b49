"""Signing up where a captcha guards it: with a good token, without one, and while nobody can tell."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from contract_tests.captcha.conftest import Guarded
from contract_tests.harness.browsers import FIREFOX
from contract_tests.harness.newcomers import SIGN_UP, Newcomer
from contract_tests.harness.stored import count, rows
from contract_tests.harness.turnstile import SECRET, Outage

ADDRESS = "203.0.113.11"


def sign_up(guarded: Guarded, token: str | None, newcomer: Newcomer | None = None) -> httpx.Response:
    body = dict((newcomer or Newcomer.invented()).body)
    if token is not None:
        body["captcha_token"] = token
    headers = {"X-Forwarded-For": ADDRESS, "User-Agent": FIREFOX, "Accept-Language": "de"}
    return guarded.client.post(SIGN_UP, json=body, headers=headers)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


class TestSignUp:
    @pytest.mark.promise("K12")
    def test_with_a_good_token_sends_the_service_that_and_the_address_alone(self, guarded: Guarded) -> None:
        nell, token = Newcomer.invented(), guarded.service.token("sign_up")
        assert sign_up(guarded, token, nell).status_code == 202
        question = guarded.service.questions[-1]
        key = str(UUID(question.form["idempotency_key"]))
        assert question.form == {
            "secret": SECRET, "response": token, "remoteip": ADDRESS, "idempotency_key": key,
        }  # fmt: skip
        everything = repr(question).lower()
        for told in (nell.username, nell.email, nell.name, nell.password, "cookie", "mozilla", "firefox"):
            assert told.lower() not in everything

    def test_without_a_token_is_refused_and_nobody_is_asked(self, guarded: Guarded) -> None:
        asked = len(guarded.service.questions)
        assert refusal(sign_up(guarded, None)) == (403, "captcha_required")
        assert len(guarded.service.questions) == asked

    def test_a_token_is_good_for_one_account(self, guarded: Guarded) -> None:
        token, second = guarded.service.token("sign_up"), Newcomer.invented()
        assert sign_up(guarded, token).status_code == 202
        assert refusal(sign_up(guarded, token, second)) == (403, "captcha_failed")
        assert rows(guarded.database_url, "SELECT 1 FROM sign_up WHERE email = $1", second.email) == []

    def test_one_for_signing_in_or_for_another_site_is_refused(self, guarded: Guarded) -> None:
        tokens = [guarded.service.token("sign_in"), guarded.service.token("sign_up", hostname="example.org")]
        assert [refusal(sign_up(guarded, each)) for each in tokens] == [(403, "captcha_failed")] * 2

    @pytest.mark.parametrize("outage", Outage)
    def test_while_nobody_can_tell_nobody_signs_up(self, guarded: Guarded, outage: Outage) -> None:
        before = count(guarded.database_url, "sign_up"), count(guarded.database_url, "mail")
        with guarded.service.failing(outage):
            answer = sign_up(guarded, guarded.service.token("sign_up"))
        assert refusal(answer) == (503, "captcha_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert (count(guarded.database_url, "sign_up"), count(guarded.database_url, "mail")) == before
