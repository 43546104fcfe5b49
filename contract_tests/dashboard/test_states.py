"""What pages show while answers are on their way, and when they do not come: the page stays, the part says
so, and can be asked for again.
"""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from contract_tests.dashboard.chromium import Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

IN_PARTS = {
    "/": ("#next", "#instances"),
    "/instances": ("#live", "#workspaces"),
    "/credits": ("#have", "#usage", "#list"),
    "/developer": ("#list",),
    "/registration-keys": ("#list",),
    "/settings": ("#factors", "#sign-ins-list"),
}
PARTS = re.compile(r"/api/v1/(?!account$)")
EVERYTHING = re.compile(r"/api/v1/")
UNTIL_IT_SAYS_SO = """async (main) => {
  const shown = () => getComputedStyle(main, "::before").visibility === "visible";
  while (!shown()) await new Promise(requestAnimationFrame);
}"""


@pytest.mark.parametrize("path", IN_PARTS)
async def test_each_part_says_that_it_loads_then_that_it_failed_and_is_asked_for_again(
    signed_in: Visit, path: str
) -> None:
    lost = asyncio.Event()

    async def lose(route: Route) -> None:
        await lost.wait()
        await route.abort()

    await signed_in.page.route(PARTS, lose)
    page = await signed_in.open(path)
    await expect(page.locator("h1:visible")).to_have_count(1)
    for part in IN_PARTS[path]:
        await expect(page.locator(f"{part} .loading")).to_be_visible()
    lost.set()
    for part in IN_PARTS[path]:
        await expect(page.locator(part).get_by_role("alert")).to_contain_text("could not be reached")
    assert await signed_in.faults() == []
    await page.unroute(PARTS)
    for part in IN_PARTS[path]:
        await page.locator(part).get_by_role("button", name="Try again").click()
        await expect(page.locator(f"{part} .loading, {part} [role=alert]")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/settings", "/device"])
async def test_a_page_that_waits_for_who_is_there_says_so(signed_in: Visit, path: str) -> None:
    answered = asyncio.Event()

    async def wait(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await signed_in.page.route(EVERYTHING, wait)
    page = await signed_in.open(path)
    await expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    await page.locator("main").evaluate(UNTIL_IT_SAYS_SO)
    answered.set()
    await expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")


async def test_the_contract_is_shown_when_the_host_is_not_known(visiting: Visit) -> None:
    await visiting.page.route("**/api/v1/**", lambda route: route.abort())
    page = await visiting.open("/transparency")
    await expect(page.get_by_role("alert").first).to_contain_text("This could not be loaded.")
    await expect(page.get_by_role("alert")).to_have_count(2)
    await expect(page.locator("#records details").first).to_be_visible()
    await expect(page.get_by_role("button", name="Compute the digest here")).to_be_disabled()
