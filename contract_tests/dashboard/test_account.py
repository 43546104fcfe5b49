"""A person's own pages as the person uses them: signing in and out, instances, tokens, keys, and what is
shown when a sign-in is over.
"""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.instances import SCOPE, Instance, bearer
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
        await page.get_by_label("What is it for?").fill("renewed")
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
        await page.get_by_role("button", name="Revoke the token").click()
        dialog = page.get_by_role("dialog", name="Your sign-in has ended")
        await expect(dialog).to_be_visible()
        assert await signed_in.faults() == []
        await dialog.get_by_role("link", name="Sign in again").click()
        await sign_in(page, flow)
        await page.wait_for_url(f"{signed_in.origin}/developer")


class TestInstances:
    async def test_an_instance_is_renamed_and_deleted(self, signed_in: Visit, flow: Flow) -> None:
        instance = Instance.register(flow.client, key=flow.person.key)
        page = await signed_in.open("/instances")
        row = page.locator("#live li").first
        await row.get_by_role("button", name=re.compile("^Rename")).click()
        hostile = "<img src=x onerror=alert(1)>"
        await page.get_by_label("New name").fill(hostile)
        await page.get_by_role("button", name="Rename", exact=True).click()
        await expect(row).to_contain_text(hostile)
        await expect(page.locator("main img")).to_have_count(0)
        await row.get_by_role("button", name=re.compile("^Delete")).click()
        await expect(page.get_by_role("dialog")).to_contain_text("end at once")
        assert await signed_in.faults() == []
        await page.get_by_role("button", name="Delete the instance").click()
        await expect(page.get_by_role("status")).to_contain_text("is deleted")
        await expect(page.locator("#live")).not_to_contain_text(hostile)
        answer = instance.ask_token(grant_type="client_credentials")
        assert answer.status_code == 401

    async def test_an_instance_sees_that_its_session_was_ended(self, signed_in: Visit, flow: Flow) -> None:
        instance = Instance.register(flow.client, key=flow.person.key)
        token = instance.sign_in(flow.person.pat, SCOPE).access_token
        page = await signed_in.open("/instances")
        row = page.locator("#live > ul > li").first
        await row.get_by_text("Who is signed in").click()
        await row.get_by_role("button", name=re.compile("^Sign Ada out")).click()
        await page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
        await expect(row).to_contain_text("Nobody is signed in.")
        assert flow.client.get("/instance/user/session", headers=bearer(token)).status_code == 401


class TestTokensAndKeys:
    async def test_a_token_is_shown_once_works_and_is_revoked(self, signed_in: Visit, flow: Flow) -> None:
        page = await signed_in.open("/developer")
        await page.get_by_role("button", name="New token").click()
        await page.get_by_role("button", name="Make the token").click()
        await expect(page.get_by_label("What is it for?")).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("What is it for?").fill("deploy script")
        await page.get_by_role("button", name="Make the token").click()
        token = await page.get_by_role("dialog").locator("code").inner_text()
        assert await signed_in.faults() == []
        assert flow.client.get("/api/v1/user", headers=bearer(token)).status_code == 200
        await page.get_by_role("button", name="I have kept it").click()
        await expect(page.locator("#list")).to_contain_text("deploy script")
        assert token not in await page.content()
        await page.get_by_role("button", name="Revoke deploy script").click()
        await page.get_by_role("button", name="Revoke the token").click()
        await expect(page.locator("#list")).not_to_contain_text("deploy script")
        assert flow.client.get("/api/v1/user", headers=bearer(token)).status_code == 401

    async def test_a_key_registers_an_instance_until_it_is_revoked(
        self, signed_in: Visit, flow: Flow
    ) -> None:
        page = await signed_in.open("/registration-keys")
        await page.get_by_role("button", name="New key").click()
        await page.get_by_label("Beginning of the instances' names").fill("bench-")
        await page.get_by_label("Reusable").check()
        await page.get_by_role("button", name="Make the key").click()
        key = await page.get_by_role("dialog").locator("code").inner_text()
        Instance.register(flow.client, key=key)
        await page.get_by_role("button", name="I have kept it").click()
        row = page.locator("#list li", has_text="bench-")
        await expect(row).to_contain_text("reusable")
        await row.get_by_role("button").click()
        await page.get_by_role("button", name="Revoke the key", exact=True).click()
        await expect(page.locator("#list")).not_to_contain_text("bench-")
        with pytest.raises(AssertionError):
            Instance.register(flow.client, key=key)


class TestSettings:
    async def test_another_browser_is_signed_out(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        elsewhere = newcomer.person.browser(newcomer.client)
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/settings")
            rows = page.locator("#sign-ins-list li")
            await expect(rows).to_have_count(2)
            await rows.get_by_role("button", name=re.compile("^Sign out")).click()
            await page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
            await expect(rows).to_have_count(1)
            await expect(rows).to_contain_text("this browser")
        assert elsewhere.get("/api/v1/account").status_code == 401
