"""Signing in on a page with a captcha: the one other origin that a page talks to, where there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from contract_tests.captcha.conftest import Guarded
from contract_tests.captcha.conftest import guarded as guarded
from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.harness.newcomers import Newcomer
from contract_tests.harness.turnstile import SITE_KEY

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def page_with_captcha(browser: Browser, guarded: Guarded) -> AsyncIterator[Visit]:
    """A visit to the server with a captcha, which may load that and nothing else."""
    async with visit(browser, guarded.server.url, captcha=guarded.service.origin) as open_visit:
        yield open_visit


@pytest.mark.promise("K12", "K25")
async def test_a_person_signs_in_and_only_the_captcha_is_asked_beside_the_server(
    page_with_captcha: Visit, guarded: Guarded
) -> None:
    page = await page_with_captcha.open("/sign-in")
    await expect(page.locator("#captcha iframe")).to_be_visible()
    await page.get_by_label("E-mail address or username").fill(guarded.ada.email)
    await page.get_by_label("Password").fill("not this one, surely")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator("#password-error")).to_be_visible()
    # The first token is spent; the page has got another one by itself.
    await page.get_by_label("Password").fill(str(guarded.ada.password))
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url(f"{guarded.server.url}/")
    elsewhere = [line for line in page_with_captcha.requests if guarded.service.origin in line]
    assert any(f"sitekey={SITE_KEY}" in line and "action=sign_in" in line for line in elsewhere)
    assert not any(guarded.ada.email in line for line in elsewhere)


@pytest.mark.promise("K12", "K25")
async def test_a_person_signs_up_with_a_token_for_that(page_with_captcha: Visit, guarded: Guarded) -> None:
    nell = Newcomer.invented()
    page = await page_with_captcha.open("/sign-up")
    await expect(page.locator("#captcha iframe")).to_be_visible()
    for label, value in (
        ("Your name", nell.name),
        ("Username", nell.username),
        ("E-mail address", nell.email),
        ("Password", nell.password),
    ):
        await page.get_by_label(label).fill(value)
    await page.get_by_label("I am 13 or older.").check()
    await page.locator("#sign-up-form").get_by_role("button", name="account").click()
    await expect(page.locator("#sent-text")).to_contain_text(nell.email)
    assert guarded.service.questions[-1].form.keys() == {
        "secret", "response", "idempotency_key", "remoteip",
    }  # fmt: skip


async def test_a_page_without_a_token_says_what_is_missing(
    page_with_captcha: Visit, guarded: Guarded
) -> None:
    await page_with_captcha.page.route(f"{guarded.service.url}/api.js*", lambda route: route.abort())
    page = await page_with_captcha.open("/sign-in")
    await expect(page.locator("#captcha")).to_contain_text("The captcha could not be loaded.")
    await page.get_by_label("E-mail address or username").fill(guarded.ada.email)
    await page.get_by_label("Password").fill(str(guarded.ada.password))
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text("Solve the captcha first")).to_be_visible()
    page_with_captcha.console.clear()  # that a script was blocked


@pytest.mark.promise("K25")
async def test_a_server_without_one_loads_nothing_of_it(visiting: Visit) -> None:
    page = await visiting.open("/sign-in")
    await expect(page.locator("#captcha")).to_be_empty()
    policy = (await page.request.get(f"{visiting.origin}/sign-in")).headers["content-security-policy"]
    assert "http" not in policy
