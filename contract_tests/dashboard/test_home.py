"""The first page of an account."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from contract_tests.dashboard.chromium import visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.administration import Administration
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_says_what_the_plan_switches_on_and_until_when(
    browser: Browser, server: ServerProcess, newcomer: Flow, admin: Administration
) -> None:
    async with visit(browser, server.url) as visiting:
        await visiting.sign_in(newcomer.person)
        page = await visiting.open("/")
        await expect(page.locator("#plan .plan-name")).to_have_text("basic")
        await expect(page.locator("#plan li")).to_have_count(0)
        grant = ("subscription", "grant", "--user", newcomer.person.email, "--plan", "enterprise")
        admin.run(*grant, "--until", "2099-06-01")
        await page.reload()
        await expect(page.locator("#plan .plan-name")).to_have_text("enterprise")
        await expect(page.locator("#plan")).to_contain_text("2099")
        switched_on = page.get_by_role("list", name="Your plan switches on:").get_by_role("listitem")
        await expect(switched_on).to_have_text(
            [
                "The assistant inside the tool",
                "A log of who did what in your workspaces",
                "Workspaces that you share with other people",
                "As many projects in the tool as you like",
            ]
        )
        assert await visiting.faults() == []
