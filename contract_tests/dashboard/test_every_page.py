"""What holds for every page: axe-core finds nothing in either theme, it fits narrow and wide windows, it asks
no other origin for anything, and it says what it recorded.
"""

from __future__ import annotations

import asyncio
import re
from typing import Literal

import pytest
from playwright.async_api import Browser, Route, expect

from api.dashboard.composition import PAGES
from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

OF_ACCOUNT = {"device", "home", *(name for name, page in PAGES.items() if page.of_account)}
# The viewer is vendored; what it draws is looked at in test_docs.py.
OURS = sorted(PAGES.keys() - {"docs"})


THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
COLOURS_ARE_THERE = "Promise.allSettled(document.getAnimations().map((each) => each.finished))"
NARROW, WIDE = 360, 1600  # CSS pixels


async def is_fit_for_everybody(visiting: Visit) -> None:
    """Raise AssertionError unless axe-core finds nothing in either theme and the page fits both windows."""
    for theme in THEMES:
        await visiting.page.emulate_media(color_scheme=theme)
        await visiting.page.evaluate(COLOURS_ARE_THERE)
        assert await visiting.faults() == [], theme
        for width in (NARROW, WIDE):
            await visiting.page.set_viewport_size({"width": width, "height": 740})
            assert not await visiting.is_scrolled_sideways(), (theme, width)


def path_of(name: str) -> str:
    """Where a page is."""
    return "/" if name == "home" else f"/{name}"


@pytest.mark.promise("K25")
@pytest.mark.parametrize("name", OURS)
async def test_is_usable_by_everybody(browser: Browser, server: ServerProcess, flow: Flow, name: str) -> None:
    known = asyncio.Event()

    async def only_then(route: Route) -> None:
        await known.wait()
        await route.continue_()

    async with visit(browser, server.url, width=WIDE) as visiting:
        if name in OF_ACCOUNT:
            await visiting.sign_in(flow.person)
        await visiting.page.route("**/openapi.json", only_then)
        async with visiting.page.expect_request("**/openapi.json"):
            page = await visiting.open(path_of(name))
        # A button that does nothing yet cannot be pressed, nor a form sent in with the Enter key.
        assert await page.locator("button:enabled:visible").all_inner_texts() == []
        known.set()
        await expect(page.locator("#recorded li").first).to_be_attached()
        await expect(page.locator("h1:visible")).to_have_count(1)
        await expect(page.locator(".loading")).to_have_count(0)
        await expect(page.locator("#recorded-line")).to_have_text(re.compile("^What this page recorded: ."))
        await expect(page.locator("button:disabled:visible")).to_have_count(0)
        await is_fit_for_everybody(visiting)


@pytest.mark.parametrize("name", sorted(OF_ACCOUNT - {"home"}))
async def test_sends_who_is_not_signed_in_to_sign_in(
    browser: Browser, server: ServerProcess, name: str
) -> None:
    async with visit(browser, server.url) as visiting:
        page = await visiting.open(path_of(name))
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert page.url.endswith(f"/sign-in?next=%2F{name}")


async def test_a_visitor_learns_what_this_is(browser: Browser, server: ServerProcess) -> None:
    async with visit(browser, server.url) as visiting:
        page = await visiting.open("/")
        await expect(page.get_by_role("link", name="Create an account")).to_be_visible()
        await expect(page.locator("#recorded-line")).to_have_text("What this page recorded: nothing")
        await expect(page.get_by_role("navigation", name="Your account")).to_be_hidden()
        assert await visiting.faults() == []
