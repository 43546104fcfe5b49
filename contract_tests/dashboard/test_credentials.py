"""The pages for personal access tokens and registration keys: made, shown once, used, revoked."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def shown_secret(page: Page) -> str:
    """What the dialog shows once; it is put away afterwards, and nowhere on the page any more."""
    dialog = page.get_by_role("dialog", name=re.compile("Your new"))
    secret = await dialog.locator("code").inner_text()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()  # not put away by accident
    await dialog.get_by_role("button", name="I have kept it").click()
    await expect(page.locator("dialog")).to_have_count(0)
    assert secret not in await page.content()
    return secret


class TestDeveloper:
    async def test_a_token_lives_from_making_to_revoking(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/developer")
            await page.get_by_role("button", name="New token").click()
            await page.get_by_role("button", name="Make the token").click()
            name = page.get_by_label("What it is for")
            await expect(name).to_be_focused()
            await expect(name).to_have_accessible_description(re.compile("Give it a name"))
            await name.fill("nightly <i>export</i>")
            await page.get_by_label("It lasts").select_option("30 days")
            assert await visiting.faults() == []
            await page.get_by_role("button", name="Make the token").click()
            token = await shown_secret(page)
            await expect(page.get_by_role("button", name="New token")).to_be_focused()
            made = page.locator("#list .rows > li", has_text="nightly <i>export</i>")
            await expect(made).to_contain_text(
                re.compile("expires in (29 days|1 month)")
            )  # it takes a moment
            assert newcomer.client.get("/api/v1/instances", headers=bearer(token)).status_code == 200
            await made.get_by_role("button", name="Revoke").click()
            await page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
            await expect(made).to_have_count(0)
            assert newcomer.client.get("/api/v1/instances", headers=bearer(token)).status_code == 401
            assert await visiting.faults() == []

    async def test_without_one_it_says_what_they_are_for(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/developer")
            await page.get_by_role("button", name="Revoke").click()
            await page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
            await expect(page.locator("#list")).to_contain_text("No token yet")
            await expect(page.get_by_role("heading", name="Personal access tokens")).to_be_focused()
            assert await visiting.faults() == []

    async def test_a_token_can_be_copied(self, signed_in: Visit) -> None:
        await signed_in.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await signed_in.open("/developer")
        await page.get_by_role("button", name="New token").click()
        await page.get_by_label("What it is for").fill("copied")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await shown_secret(page)


class TestRegistrationKeys:
    async def test_a_key_lives_from_making_to_revoking(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/registration-keys")
            await page.get_by_role("button", name="New key").click()
            await page.get_by_label("What it is for").fill("Laptops of the <b>lab</b>")
            await page.get_by_label("Names begin with").fill("laptop-")
            await page.get_by_label("Reusable").check()
            assert await visiting.faults() == []
            await page.get_by_role("button", name="Make the key").click()
            key = await shown_secret(page)
            made = page.locator("#list .rows > li", has_text="Laptops of the <b>lab</b>")
            await expect(made).to_contain_text("never used")
            await expect(made.locator(".tag")).to_have_text("reusable")
            for _ in range(2):
                Instance.register(newcomer.client, key=key)
            await page.reload()
            await expect(made).to_contain_text("used 2 times, last")
            await made.get_by_role("button", name="Revoke").click()
            await page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
            await expect(made).to_have_count(0)
            with pytest.raises(AssertionError):
                Instance.register(newcomer.client, key=key)
            await page.goto(f"{server.url}/instances")
            await expect(page.locator("#live .row-title", has_text="laptop-")).to_have_count(2)

    async def test_a_key_that_works_once_is_used_up(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/registration-keys")
            await page.get_by_role("button", name="New key").click()
            await page.get_by_role("button", name="Make the key").click()
            key = await shown_secret(page)
            made = page.locator("#list .rows > li").first
            await expect(made.locator(".tag")).to_have_text("works once")
            Instance.register(newcomer.client, key=key)
            await page.reload()
            await expect(made.locator(".tag").first).to_have_text("used up")
            await expect(made).to_contain_text("used once")
            assert await visiting.faults() == []
