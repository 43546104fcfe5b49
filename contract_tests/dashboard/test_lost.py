"""Somebody whose browser was sent to an address that cannot be answered."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from contract_tests.dashboard.chromium import visit
from contract_tests.dashboard.test_every_page import is_fit_for_everybody
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("path", "title", "recorded"),
    [
        pytest.param("/sign-in/now", "Page not found", "nothing", id="a path that is none"),
        pytest.param(
            "/oauth2/authorize?client_id=gone",
            "This cannot be answered",
            "authorize was refused and may have stored attempt (kept 1 day)",
            id="a program that is wrong",
        ),
    ],
)
async def test_is_told_so_on_a_page(
    browser: Browser, server: ServerProcess, path: str, title: str, recorded: str
) -> None:
    async with visit(browser, server.url) as visiting:
        page = await visiting.open(path)
        await expect(page.get_by_role("heading", level=1)).to_have_text(title)
        await expect(page.locator("#recorded-line")).to_have_text(f"What this page recorded: {recorded}")
        await expect(page.locator("main[aria-busy]")).to_have_count(0)
        await is_fit_for_everybody(visiting)
        await page.get_by_role("link", name="To the first page").click()
        await expect(page.get_by_role("link", name="Create an account")).to_be_visible()
