"""The page for connecting a device, used as a person uses it, with an instance on the other side."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from contract_tests.conftest import StartServer
from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.dashboard.flow import Asking, Flow
from contract_tests.harness.administration import Administration
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = "Code shown by the tool"
CONTINUE = "Show what it asks for"
DEVICE_CALLS = ("/oauth2/device/information", "/oauth2/device/approve", "/oauth2/device/deny")


async def ask(page: Page, code: str | None = None) -> None:
    """Fill in the first step and go on. Without `code` the field stays as the address filled it."""
    if code is not None:
        await page.get_by_label(CODE).fill(code)
    await page.get_by_role("button", name=CONTINUE).click()


async def review(visiting: Visit, asking: Asking) -> Page:
    """Come to the second step through the address that the instance shows."""
    page = await visiting.open(f"/device?user_code={asking.user_code}")
    await ask(page)
    await expect(page.get_by_role("heading", name="wants to sign you in")).to_be_visible()
    return page


class TestAllow:
    async def test_the_instance_gets_its_tokens(self, signed_in: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await review(signed_in, asking)
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="Allowed")).to_be_focused()
        tokens = asking.poll()
        assert set(tokens["scope"].split()) == {"profile:read", "offline", "assistant"}
        assert tokens["refresh_token"]

    async def test_what_is_not_ticked_is_not_granted(self, signed_in: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await review(signed_in, asking)
        await page.get_by_label("Stay signed in").uncheck()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="Allowed")).to_be_visible()
        tokens = asking.poll()
        assert set(tokens["scope"].split()) == {"profile:read", "assistant"}
        assert "refresh_token" not in tokens

    async def test_works_with_the_keyboard_alone(self, signed_in: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await signed_in.open("/device")
        await expect(page.get_by_role("button", name=CONTINUE)).to_be_enabled()
        await page.get_by_label(CODE).focus()
        await page.keyboard.type(asking.user_code.lower().replace("-", " "))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="wants to sign you in")).to_be_focused()
        await expect(page.locator("#caution")).to_contain_text(f"shows the code {asking.user_code} right now")
        for _ in range(10):
            await page.keyboard.press("Tab")
            if await page.get_by_role("button", name="Allow").evaluate(
                "(it) => it === document.activeElement"
            ):
                break
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Allowed")).to_be_focused()

    async def test_who_is_not_signed_in_signs_in_and_comes_back(self, visiting: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await visiting.open(f"/device?user_code={asking.user_code}")
        await page.get_by_label("E-mail address or username").fill(flow.person.email)
        await page.get_by_label("Password").fill(str(flow.person.password))
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_label(CODE)).to_have_value(asking.user_code)
        assert not [path for path in visiting.paths() if path.endswith(DEVICE_CALLS)]


class TestDeny:
    async def test_the_instance_is_refused(self, signed_in: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await review(signed_in, asking)
        await page.get_by_role("button", name="Deny").click()
        await expect(page.get_by_role("heading", name="Denied")).to_be_focused()
        assert asking.poll()["error"] == "access_denied"


class TestReview:
    async def test_shows_who_asks_for_what(self, signed_in: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await review(signed_in, asking)
        facts = page.locator("#facts")
        await expect(facts).to_contain_text(asking.user_code)
        await expect(facts).to_contain_text(
            re.compile(r"Instancelab.+Instance id[0-9A-Z]{26}Registered.+20\d\d")
        )
        await expect(facts).to_contain_text("your network")
        scopes = page.locator("#scopes")
        await expect(scopes).to_contain_text("See your name, your e-mail address and your plan")
        await expect(scopes.locator("[data-scope='profile:read']")).to_contain_text("always included")
        await expect(scopes.get_by_role("checkbox")).to_have_count(2)
        caution = page.locator("#caution")
        await expect(caution).to_contain_text(f"shows the code {asking.user_code}")
        await expect(caution).to_contain_text("this server does not host it")
        assert await signed_in.faults() == []

    async def test_what_an_instance_calls_itself_is_text(self, signed_in: Visit, flow: Flow) -> None:
        name = "<img src=x onerror=alert(1)> & <b>lab</b>"
        asking = flow.asking(claimed=False, client_name=name)
        page = await signed_in.open(f"/device?user_code={asking.user_code}")
        await ask(page)
        await expect(page.locator("#claim-facts dd", has_text=name)).to_be_visible()
        await expect(page.locator("main img, main b")).to_have_count(0)

    async def test_another_code_starts_afresh(self, signed_in: Visit, flow: Flow) -> None:
        page = await review(signed_in, flow.asking())
        await page.get_by_role("button", name="Use another code").click()
        await expect(page.get_by_label(CODE)).to_be_focused()
        await expect(page.get_by_label(CODE)).to_have_value("")


class TestRefusals:
    async def test_a_code_in_the_address_only_fills_the_field_in(self, signed_in: Visit, flow: Flow) -> None:
        page = await signed_in.open(f"/device?user_code={flow.asking().user_code}")
        await expect(page.get_by_label(CODE)).to_be_visible()
        assert not [path for path in signed_in.paths() if path.endswith(DEVICE_CALLS)]

    async def test_an_empty_field_is_named_before_anything_is_sent(self, signed_in: Visit) -> None:
        page = await signed_in.open("/device")
        await ask(page)
        await expect(page.get_by_label(CODE)).to_be_focused()
        await expect(page.get_by_label(CODE)).to_have_accessible_description(re.compile("Enter the code"))
        assert not [path for path in signed_in.paths() if path.endswith(DEVICE_CALLS)]

    async def test_a_wrong_code_is_said_at_the_code(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/device")
            await ask(page, "BCDF-GHJK")
            await expect(page.get_by_label(CODE)).to_have_attribute("aria-invalid", "true")
            await expect(page.get_by_label(CODE)).to_be_focused()
            await expect(page.get_by_label(CODE)).to_have_accessible_description(
                re.compile("mistyped, used or expired")
            )
            assert await visiting.faults() == []

    async def test_a_code_works_once(self, browser: Browser, server: ServerProcess, newcomer: Flow) -> None:
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            asking = newcomer.asking()
            page = await review(visiting, asking)
            await page.get_by_role("button", name="Deny").click()
            await page.get_by_role("button", name="Connect another device").click()
            await ask(page, asking.user_code)
            await expect(page.get_by_label(CODE)).to_have_attribute("aria-invalid", "true")

    async def test_too_many_tries_count_down(
        self, browser: Browser, start_server: StartServer, cluster: SharedCluster, migrated: str
    ) -> None:
        database = cluster.create_database("throttled", like=migrated)
        server = start_server(variables={"CANDOR_USER_CODE_ATTEMPTS": "1"}, database_url=database)
        with server.client() as client:
            flow = Flow.of(client, Administration(database))
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(flow.person)
            page = await visiting.open("/device")
            await ask(page, "BCDF-GHJK")
            await expect(page.get_by_label(CODE)).to_have_attribute("aria-invalid", "true")
            await ask(page, "BCDF-GHJL")
            await expect(page.get_by_role("alert")).to_contain_text(
                re.compile(r"try again in \d+ (s|minutes)")
            )
            await expect(page.get_by_role("button", name=CONTINUE)).to_be_disabled()

    async def test_a_server_that_is_gone_is_said(
        self, browser: Browser, start_server: StartServer, cluster: SharedCluster, migrated: str
    ) -> None:
        database = cluster.create_database("gone", like=migrated)
        server = start_server(database_url=database)
        with server.client() as client:
            flow = Flow.of(client, Administration(database))
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(flow.person)
            page = await visiting.open("/device")
            await expect(page.get_by_label(CODE)).to_be_visible()
            server.stop()
            await ask(page, "BCDF-GHJK")
            await expect(page.get_by_role("alert")).to_contain_text("could not be reached")
            await expect(page.get_by_role("button", name=CONTINUE)).to_be_enabled()


class TestRecorded:
    async def test_says_what_its_calls_record_as_the_contract_declares_it(
        self, signed_in: Visit, flow: Flow
    ) -> None:
        page = await review(signed_in, flow.asking())
        await expect(page.locator("#recorded-line")).to_have_text(
            "What this page recorded: device_information stores attempt (kept 1 day)"
        )
        await expect(page.locator("#recorded")).to_contain_text("device_information")
        await expect(page.locator("#recorded")).not_to_contain_text("device_approve")
        await page.get_by_role("button", name="Allow").click()
        await expect(page.locator("#recorded")).to_contain_text("device_approve")
