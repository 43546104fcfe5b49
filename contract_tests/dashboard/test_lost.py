"""Somebody whose browser was sent to an address that cannot be answered."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from contract_tests.dashboard.chromium import visit
from contract_tests.dashboard.test_every_page import COLOURS_ARE_THERE, NARROW, THEMES, WIDE
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
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            await page.evaluate(COLOURS_ARE_THERE)
            assert await visiting.faults() == [], theme
            for width in (NARROW, WIDE):
                await page.set_viewport_size({"width": width, "height": 740})
                assert not await visiting.is_scrolled_sideways(), (theme, width)
        await page.get_by_role("link", name="To the first page").click()
        await expect(page.get_by_role("link", name="Create an account")).to_be_visible()
