"""The gateway to Turnstile, against the service played on a socket: what it sends, and what it makes of the
answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from api.gateways.captcha.turnstile import Turnstile
from contract_tests.harness.turnstile import (
    SECRET,
    SITE_KEY,
    TEST_FAILS,
    TEST_PASSES,
    TEST_SPENT,
    TEST_TOKEN,
    Outage,
    TurnstileService,
)

HOST = "cloud.example.org"
ADDRESS = "203.0.113.7"
IMPATIENT_S = 0.3


@pytest.fixture
def service() -> Iterator[TurnstileService]:
    with TurnstileService() as running:
        yield running


@asynccontextmanager
async def gateway(
    service: TurnstileService, *, secret: str = SECRET, attempt_s: float = 10
) -> AsyncIterator[Turnstile]:
    made = Turnstile(site_key=SITE_KEY, secret=secret, url=service.url, hostname=HOST, attempt_s=attempt_s)
    try:
        yield made
    finally:
        await made.close()


async def judged(service: TurnstileService, token: str, **options: object) -> str:
    async with gateway(service, **options) as captcha:  # type: ignore[arg-type]
        return await captcha.judge(token, action="sign_up", client_ip=ADDRESS)


class TestAnswers:
    async def test_a_token_of_this_site_and_action_passes_once(self, service: TurnstileService) -> None:
        token = service.token("sign_up", hostname=HOST)
        assert await judged(service, token) == "passed"
        assert await judged(service, token) == "refused"

    async def test_a_token_is_refused_after_five_minutes(self, service: TurnstileService) -> None:
        late, in_time = (service.token("sign_up", hostname=HOST) for _ in range(2))
        service.let_pass(290)
        assert await judged(service, in_time) == "passed"
        service.let_pass(10)
        assert await judged(service, late) == "refused"

    @pytest.mark.parametrize(
        ("action", "hostname"),
        [("sign_in", HOST), ("", HOST), ("sign_up", "example.org"), ("sign_up", f"{HOST}.example.com")],
    )
    async def test_one_for_another_action_or_site_is_refused(
        self, service: TurnstileService, action: str, hostname: str
    ) -> None:
        assert await judged(service, service.token(action, hostname=hostname)) == "refused"

    @pytest.mark.parametrize("token", ["made-up", "x" * 2048, "&secret=another&response=", "\u2603 a=b"])
    async def test_what_is_no_token_is_refused(self, service: TurnstileService, token: str) -> None:
        assert await judged(service, token) == "refused"
        assert service.questions[-1].form["response"] == token

    @pytest.mark.parametrize("secret", [TEST_PASSES, TEST_FAILS, TEST_SPENT])
    async def test_the_keys_for_tests_let_nobody_in(self, service: TurnstileService, secret: str) -> None:
        """Cloudflare's answers to them name no action, and a host that is not ours."""
        assert await judged(service, TEST_TOKEN, secret=secret) == "refused"

    async def test_a_secret_that_the_service_refuses_is_told_apart(self, service: TurnstileService) -> None:
        token = service.token("sign_up", hostname=HOST)
        assert await judged(service, token, secret="0x4AAAAAAA-of-somebody-else") == "misconfigured"
        assert len(service.questions) == 1


class TestOutages:
    @pytest.mark.parametrize("outage", [each for each in Outage if each is not Outage.HANG])
    async def test_let_nobody_through_and_are_asked_about_twice(
        self, service: TurnstileService, outage: Outage
    ) -> None:
        with service.failing(outage):
            verdict = await judged(service, service.token("sign_up", hostname=HOST))
        assert verdict == "unavailable"
        assert len(service.questions) == 2

    async def test_a_service_that_hangs_is_given_up(self, service: TurnstileService) -> None:
        with service.failing(Outage.HANG):
            token = service.token("sign_up", hostname=HOST)
            assert await judged(service, token, attempt_s=IMPATIENT_S) == "unavailable"

    async def test_so_is_one_that_is_not_there(self, service: TurnstileService) -> None:
        service.__exit__()
        assert await judged(service, "any") == "unavailable"

    @pytest.mark.parametrize("outage", [Outage.INTERNAL_ERROR, Outage.SERVER_ERROR, Outage.CUT])
    async def test_a_short_one_spends_no_token(self, service: TurnstileService, outage: Outage) -> None:
        """The question was dealt with, and its answer lost: the same question again gets it."""
        with service.failing(outage, times=1):
            assert await judged(service, service.token("sign_up", hostname=HOST)) == "passed"

    async def test_neither_does_a_hang(self, service: TurnstileService) -> None:
        with service.failing(Outage.HANG, times=1):
            token = service.token("sign_up", hostname=HOST)
            assert await judged(service, token, attempt_s=1) == "passed"


class TestWhatIsSent:
    @pytest.mark.promise("K12")
    async def test_is_the_token_and_the_address_beside_secret_and_key(
        self, service: TurnstileService
    ) -> None:
        token = service.token("sign_up", hostname=HOST)
        await judged(service, token)
        (question,) = service.questions
        key = str(UUID(question.form["idempotency_key"]))
        sent = f"secret={SECRET}&response={token}&idempotency_key={key}&remoteip={ADDRESS}"
        assert question.body == sent.encode()
        assert question.head.keys() == {
            "Host", "User-Agent", "Accept", "Accept-Encoding", "Connection", "Content-Length", "Content-Type",
        }  # fmt: skip

    async def test_names_no_address_where_none_is_known(self, service: TurnstileService) -> None:
        async with gateway(service) as captcha:
            await captcha.judge("any", action="sign_in", client_ip=None)
        assert service.questions[0].form.keys() == {"secret", "response", "idempotency_key"}

    async def test_repeats_the_key_for_the_same_question_only(self, service: TurnstileService) -> None:
        with service.failing(Outage.SERVER_ERROR, times=1):
            await judged(service, "one")
        await judged(service, "one")
        first, again, other = (each.form["idempotency_key"] for each in service.questions)
        assert first == again
        assert first != other

    async def test_carries_no_cookie_back(self, service: TurnstileService) -> None:
        async with gateway(service) as captcha:
            for _ in range(2):
                await captcha.judge("any", action="sign_in", client_ip=ADDRESS)
        assert [each.head.get("Cookie") for each in service.questions] == [None, None]
