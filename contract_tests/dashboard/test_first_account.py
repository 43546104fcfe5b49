"""The first start, from the line that it prints to an account, with the keyboard alone."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from contract_tests.conftest import StartServer
from contract_tests.dashboard.chromium import visit
from contract_tests.harness.newcomers import Newcomer
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")


def printed_path(server: ServerProcess) -> str:
    """Where the link leads that the start printed after its first line."""
    assert server.process.stdout is not None
    line = server.process.stdout.readline().decode()
    return "/first-account" + line.rpartition("/first-account")[2].strip()


async def type_in(page: Page, *texts: str) -> None:
    """Type into field after field."""
    for text in texts:
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")


@pytest.mark.promise("C1")
async def test_the_first_account_is_made_and_used_without_a_mouse(
    browser: Browser, start_server: StartServer
) -> None:
    server = await asyncio.to_thread(start_server)
    path, ada = printed_path(server), Newcomer.invented("ada")
    async with visit(browser, server.url) as visiting:
        page = await visiting.open(path)
        await expect(page.locator("#recorded li").first).to_be_attached()
        await page.get_by_label("Your name").focus()
        await type_in(page, ada.name, ada.username, ada.email, ada.password)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Your account is ready")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await type_in(page, ada.username, ada.password)
        await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name=f"Hello, {ada.name}")).to_be_visible()
        again = await visiting.open(path)
        await again.get_by_label("Your name").fill("Eve")
        await again.get_by_label("Username").fill("eve")
        await again.get_by_label("E-mail address").fill("eve@example.org")
        await again.get_by_label("Password").fill(ada.password)
        await again.get_by_role("button", name="Make the account").click()
        await expect(again.get_by_role("alert")).to_contain_text("does not work any more")
