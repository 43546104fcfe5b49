"""The page of credits: what there is, what it went for, and what happened to it, page by page."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Route, expect

from api.gateways.randomness import SystemRandomness
from contract_tests.credits.ledger import A_MONTH, Ledger
from contract_tests.dashboard.chromium import visit
from contract_tests.dashboard.flow import Flow
from contract_tests.dashboard.test_every_page import COLOURS_ARE_THERE, THEMES
from contract_tests.harness.administration import Administration
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import execute, rows
from persistence.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODELS = ("demo", "second", "third", "fourth", "fifth", "<b>bold</b>")


async def use(url: str, user_id: str, *, days: int, models: int) -> None:
    """Calls of the last days, which took more the longer ago they were."""
    database = await Database.connect(url, pool_size=2)
    ledger = Ledger(url, database, SystemRandomness())
    now = datetime.now(UTC)
    for ago in range(days):
        for number in range(models):
            at = now - timedelta(days=ago)
            call, _ = await ledger.reserve(user_id, 5_000, now=at)
            await ledger.settle(user_id, call, 30 * (ago + 1) * (number + 1), now=at)
            await ledger.rows("UPDATE assistant_call SET model = $1 WHERE id = $2", MODELS[number], call)
    await database.close()


async def with_credits(flow: Flow, admin: Administration, url: str) -> None:
    """The person is on a plan, has bought some, and used some."""
    email = flow.person.email
    admin.run("subscription", "grant", "--user", email, "--plan", "individual")
    admin.run("credits", "grant", "--user", email, "--credits", "900", "--paid")
    await use(url, flow.person.id, days=5, models=6)


class TestCredits:
    async def test_shows_what_there_is_and_what_it_went_for(
        self,
        browser: Browser,
        server: ServerProcess,
        newcomer: Flow,
        admin: Administration,
        server_database: str,
    ) -> None:
        await with_credits(newcomer, admin, server_database)
        database = await Database.connect(server_database, pool_size=1)
        held = Ledger(server_database, database, SystemRandomness())
        await held.reserve(newcomer.person.id, 4_000, now=datetime.now(UTC))
        await database.close()
        (wallet,) = rows(
            server_database, "SELECT posted FROM credit_wallet WHERE user_id = $1", newcomer.person.id
        )
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/credits")
            figures = page.locator("#have .rows > li")
            await expect(figures).to_have_count(5)
            for figure, says in enumerate(
                (f"{wallet['posted']:,}", "4,000", f"{wallet['posted'] - 4_000:,}", f"{A_MONTH:,}")
            ):
                await expect(figures.nth(figure).locator(".figure")).to_have_text(says)
            chart = page.get_by_role("img", name=re.compile("^9,450 credits from"))
            await expect(chart).to_be_visible()
            await expect(chart.locator("rect")).to_have_count(25)  # a colour for each of four, one for others
            await expect(page.locator(".chart-legend li")).to_have_count(5)
            await expect(page.locator(".chart-legend")).to_contain_text("<b>bold</b>")
            await expect(page.locator(".chart-legend")).to_contain_text("other models")
            await page.get_by_text("As a table").click()
            await expect(page.get_by_role("row")).to_have_count(31)
            assert await visiting.faults() == []

    async def test_shows_more_of_what_happened_when_asked_to(
        self,
        browser: Browser,
        server: ServerProcess,
        newcomer: Flow,
        admin: Administration,
        server_database: str,
    ) -> None:
        await with_credits(newcomer, admin, server_database)
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/credits")
            changes = page.locator("#list .rows > li")
            await expect(changes).to_have_count(20)
            await page.get_by_role("button", name="Show more").click()
            await expect(changes).to_have_count(32)
            await expect(changes.nth(20)).to_be_focused()
            await expect(page.get_by_role("button", name="Show more")).to_have_count(0)
            await expect(page.locator("#list", has_text="Bought")).to_contain_text("+900")
            await expect(page.locator("#list")).to_contain_text(f"+{A_MONTH:,}")
            await expect(page.locator("#list")).to_contain_text("-30")
            assert await visiting.faults() == []

    async def test_begins_with_the_months_credits(
        self, browser: Browser, server: ServerProcess, newcomer: Flow, admin: Administration
    ) -> None:
        admin.run("subscription", "grant", "--user", newcomer.person.email, "--plan", "team")
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/credits")
            await expect(page.locator("#have .figure").first).to_have_text(f"{A_MONTH:,}")
            await expect(page.locator("#list .rows > li")).to_have_count(1)
            await expect(page.locator("#usage")).to_contain_text("Nothing in the last 30 days")

    async def test_says_so_where_there_is_nothing(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/credits")
            await expect(page.locator("#list")).to_contain_text("Nothing yet")
            await expect(page.locator("#have")).to_contain_text("Your plan gives no more credits.")
            assert await visiting.faults() == []

    async def test_draws_tokens_where_models_cost_nothing(
        self, browser: Browser, server: ServerProcess, newcomer: Flow, server_database: str
    ) -> None:
        execute(
            server_database,
            "INSERT INTO assistant_call SELECT $1, $1, 'free', 0, 60, 40, 0, 0, false, 5, NULL, now()",
            newcomer.person.id,
        )
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/credits")
            await expect(page.get_by_role("img", name=re.compile("^100 tokens from"))).to_be_visible()

    async def test_says_when_the_sign_in_is_over(
        self,
        browser: Browser,
        server: ServerProcess,
        newcomer: Flow,
        admin: Administration,
        server_database: str,
    ) -> None:
        await with_credits(newcomer, admin, server_database)
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/credits")
            await expect(page.locator("#list .rows > li")).to_have_count(20)
            execute(
                server_database,
                "UPDATE sign_in SET revoked_at = now() WHERE user_id = $1",
                newcomer.person.id,
            )
            await page.get_by_role("button", name="Show more").click()
            await expect(page.get_by_role("dialog", name="Your sign-in has ended")).to_be_visible()

    async def test_fits_narrow_and_wide_windows_in_both_themes_with_everything_on_it(
        self,
        browser: Browser,
        server: ServerProcess,
        newcomer: Flow,
        admin: Administration,
        server_database: str,
    ) -> None:
        await with_credits(newcomer, admin, server_database)
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/credits")
            await page.get_by_text("As a table").click()
            await expect(page.locator("#list .rows > li")).to_have_count(20)
            for theme in THEMES:
                await page.emulate_media(color_scheme=theme)
                await page.evaluate(COLOURS_ARE_THERE)
                for width in (360, 1600):
                    await page.set_viewport_size({"width": width, "height": 800})
                    assert await visiting.faults() == []
                    assert not await visiting.is_scrolled_sideways()

    async def test_each_part_stands_when_another_is_lost(
        self, browser: Browser, server: ServerProcess, newcomer: Flow, admin: Administration
    ) -> None:
        admin.run("credits", "grant", "--user", newcomer.person.email, "--credits", "900")
        asked = asyncio.Event()

        async def lose(route: Route) -> None:
            asked.set()
            await route.abort()

        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            await visiting.page.route("**/api/v1/credits", lose)
            page = await visiting.open("/credits")
            await expect(page.locator("#have").get_by_role("alert")).to_be_visible()
            assert asked.is_set()
            await expect(page.locator("#list .rows > li")).to_have_count(1)
