"""Signing in and out as a person does it, and what is shown when a sign-in is over."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Page, expect

from contract_tests.dashboard.chromium import Visit
from contract_tests.dashboard.flow import Flow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def sign_in(page: Page, flow: Flow, *, password: str | None = None) -> None:
    """Fill in the page for signing in."""
    await page.get_by_label("E-mail address or username").fill(flow.person.email)
    await page.get_by_label("Password").fill(password or str(flow.person.password))
    await page.get_by_role("button", name="Sign in", exact=True).click()


class TestSignIn:
    @pytest.mark.promise("C1")
    async def test_leads_to_the_account_and_out_again(self, visiting: Visit, flow: Flow) -> None:
        page = await visiting.open("/sign-in")
        await sign_in(page, flow, password="not this one, surely")
        await expect(page.get_by_label("Password")).to_have_accessible_description(re.compile("is wrong"))
        await sign_in(page, flow)
        await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert await page.context.cookies() == []

    async def test_says_what_it_would_record_and_what_a_refused_one_did(
        self, visiting: Visit, flow: Flow
    ) -> None:
        page = await visiting.open("/sign-in")
        recorded = page.locator("#recorded")
        await expect(page.locator("#recorded-line")).to_contain_text("nothing yet; sign_in would")
        await expect(recorded).to_contain_text(re.compile(r"sign_in would store sign_in \(kept 30 days\), "))
        await sign_in(page, flow, password="not this one, surely")
        await expect(page.locator("#recorded-line")).to_contain_text(
            "sign_in was refused and may have stored sign_in_ticket (kept 1 hour) and attempt (kept 1 day)"
        )

    @pytest.mark.parametrize(
        "next_",
        [
            "https://elsewhere.example/",
            "//elsewhere.example/",
            "/\\elsewhere.example/",
            "/\t/elsewhere.example/",
            "javascript:alert(1)",
            "\\\\elsewhere.example",
            "elsewhere.example",
        ],
    )
    async def test_goes_on_to_no_place_of_others(self, visiting: Visit, flow: Flow, next_: str) -> None:
        page = await visiting.open(f"/sign-in?{httpx.QueryParams({'next': next_})}")
        await sign_in(page, flow)
        await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
        assert page.url == f"{visiting.origin}/"

    async def test_ends_what_somebody_else_had_put_into_the_browser(
        self, visiting: Visit, flow: Flow, newcomer: Flow
    ) -> None:
        await visiting.sign_in(newcomer.person)
        planted = {each["value"] for each in await visiting.page.context.cookies()}
        page = await visiting.open("/sign-in")
        await sign_in(page, flow)
        await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
        assert not planted & {each["value"] for each in await page.context.cookies()}


class TestExpiry:
    async def test_a_short_lived_cookie_that_is_over_is_renewed_unseen(self, signed_in: Visit) -> None:
        page = await signed_in.open("/developer")
        await expect(page.get_by_text("No token yet").or_(page.get_by_text("tests"))).to_be_visible()
        await page.context.clear_cookies(name="candor_session")
        await page.get_by_role("button", name="New token").click()
        await page.get_by_label("What it is for").fill("renewed")
        await page.get_by_role("button", name="Make the token").click()
        await expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
        assert "POST /api/v1/account/sign-in/refresh" in signed_in.paths()

    async def test_two_tabs_renew_one_after_the_other(self, signed_in: Visit) -> None:
        page = await signed_in.open("/developer")
        await expect(page.locator("#list li").first).to_be_visible()
        await page.context.clear_cookies(name="candor_session")
        other = await page.context.new_page()
        await page.reload(wait_until="commit")
        await other.goto(f"{signed_in.origin}/developer")
        for each in (page, other):
            await expect(each.locator("#list li").first).to_be_visible()
        assert {each["name"] for each in await page.context.cookies()} >= {"candor_session"}

    async def test_a_sign_in_that_is_over_is_said_and_comes_back_here(
        self, signed_in: Visit, flow: Flow
    ) -> None:
        page = await signed_in.open("/developer")
        await expect(page.locator("#list li").first).to_be_visible()
        await page.context.clear_cookies()
        await page.locator("#list").get_by_role("button").first.click()
        await page.get_by_role("button", name="Revoke it").click()
        dialog = page.get_by_role("dialog", name="Your sign-in has ended")
        await expect(dialog).to_be_visible()
        assert await signed_in.faults() == []
        await dialog.get_by_role("link", name="Sign in again").click()
        await sign_in(page, flow)
        await page.wait_for_url(f"{signed_in.origin}/developer")
