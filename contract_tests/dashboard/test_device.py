"""The page for connecting a device, used as a person uses it, with an instance on the other side."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from contract_tests.conftest import StartServer
from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.dashboard.flow import Asking, Flow
from contract_tests.harness.administration import Administration
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = "Code shown by the tool"
TOKEN = "Your personal access token"
CONTINUE = "Show what it asks for"
DEVICE_CALLS = ("/oauth2/device/information", "/oauth2/device/approve", "/oauth2/device/deny")


async def ask(page: Page, *, token: str, code: str | None = None) -> None:
    """Fill in the first step and go on. Without `code` the field stays as the address filled it."""
    if code is not None:
        await page.get_by_label(CODE).fill(code)
    await page.get_by_label(TOKEN).fill(token)
    await page.get_by_role("button", name=CONTINUE).click()


async def review(visiting: Visit, asking: Asking, token: str) -> Page:
    """Come to the second step through the address that the instance shows."""
    page = await visiting.open(f"/device?user_code={asking.user_code}")
    await ask(page, token=token)
    await expect(page.get_by_role("heading", name="wants to sign you in")).to_be_visible()
    return page


class TestAllow:
    async def test_the_instance_gets_its_tokens(self, visiting: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await review(visiting, asking, flow.token)
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="Allowed")).to_be_focused()
        tokens = asking.poll()
        assert set(tokens["scope"].split()) == {"profile:read", "offline", "assistant"}
        assert tokens["refresh_token"]

    async def test_a_choice_that_is_taken_off_is_not_granted(self, visiting: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await review(visiting, asking, flow.token)
        await page.get_by_label("Stay signed in").uncheck()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="Allowed")).to_be_visible()
        tokens = asking.poll()
        assert set(tokens["scope"].split()) == {"profile:read", "assistant"}
        assert "refresh_token" not in tokens

    async def test_works_with_the_keyboard_alone(self, visiting: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await visiting.open("/device")
        await page.get_by_label(CODE).focus()
        await page.keyboard.type(asking.user_code.lower().replace("-", " "))
        await page.keyboard.press("Tab")
        await page.keyboard.type(flow.token)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="wants to sign you in")).to_be_focused()
        for _ in range(10):
            await page.keyboard.press("Tab")
            if await page.get_by_role("button", name="Allow").evaluate(
                "(it) => it === document.activeElement"
            ):
                break
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Allowed")).to_be_focused()


class TestDeny:
    async def test_the_instance_is_refused(self, visiting: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await review(visiting, asking, flow.token)
        await page.get_by_role("button", name="Deny").click()
        await expect(page.get_by_role("heading", name="Denied")).to_be_focused()
        assert asking.poll()["error"] == "access_denied"


class TestReview:
    async def test_shows_who_asks_for_what(self, visiting: Visit, flow: Flow) -> None:
        asking = flow.asking()
        page = await review(visiting, asking, flow.token)
        facts = page.locator("#facts")
        await expect(facts).to_contain_text(asking.user_code)
        await expect(facts).to_contain_text(
            re.compile(r"Instancelab.+Instance id[0-9A-Z]{26}Registered.+20\d\d")
        )
        scopes = page.locator("#scopes")
        await expect(scopes).to_contain_text("See your name, your e-mail address and your plan")
        await expect(scopes.locator("[data-scope='profile:read']")).to_contain_text("always included")
        await expect(scopes.get_by_role("checkbox")).to_have_count(2)
        await expect(page.locator("#caution")).to_contain_text(f"shows the code {asking.user_code}")

    async def test_an_unclaimed_instance_can_only_be_denied(self, visiting: Visit, flow: Flow) -> None:
        asking = flow.asking(claimed=False)
        page = await review(visiting, asking, flow.token)
        await expect(page.get_by_text("belongs to no workspace yet")).to_be_visible()
        await expect(page.get_by_role("button", name="Allow")).to_be_disabled()
        await page.get_by_role("button", name="Deny").click()
        await expect(page.get_by_role("heading", name="Denied")).to_be_visible()
        assert asking.poll()["error"] == "access_denied"

    async def test_what_an_instance_calls_itself_is_text(self, visiting: Visit, flow: Flow) -> None:
        name = "<img src=x onerror=alert(1)> & <b>lab</b>"
        asking = flow.asking(claimed=False, client_name=name)
        page = await review(visiting, asking, flow.token)
        await expect(page.locator("#facts dd", has_text=name)).to_be_visible()
        await expect(page.locator("main img, main b")).to_have_count(0)

    async def test_another_code_starts_afresh(self, visiting: Visit, flow: Flow) -> None:
        page = await review(visiting, flow.asking(), flow.token)
        await page.get_by_role("button", name="Use another code").click()
        await expect(page.get_by_label(CODE)).to_be_focused()
        await expect(page.get_by_label(CODE)).to_have_value("")
        await expect(page.get_by_label(TOKEN)).to_have_value("")


class TestRefusals:
    async def test_a_code_in_the_address_only_fills_the_field_in(self, visiting: Visit, flow: Flow) -> None:
        page = await visiting.open(f"/device?user_code={flow.asking().user_code}")
        await expect(page.locator("#recorded li")).to_have_count(1)
        assert not [path for path in visiting.paths() if path.endswith(DEVICE_CALLS)]

    async def test_empty_fields_are_named_before_anything_is_sent(self, visiting: Visit) -> None:
        page = await visiting.open("/device")
        await ask(page, token="")
        await expect(page.get_by_label(CODE)).to_be_focused()
        await expect(page.get_by_label(CODE)).to_have_accessible_description(re.compile("Enter the code"))
        await ask(page, token="", code="BCDF-GHJK")
        await expect(page.get_by_label(TOKEN)).to_have_accessible_description(re.compile("Enter a personal"))
        assert not [path for path in visiting.paths() if path.endswith(DEVICE_CALLS)]

    async def test_a_wrong_code_is_said_at_the_code(self, visiting: Visit, newcomer: Flow) -> None:
        page = await visiting.open("/device")
        await ask(page, token=newcomer.token, code="BCDF-GHJK")
        await expect(page.get_by_label(CODE)).to_have_attribute("aria-invalid", "true")
        await expect(page.get_by_label(CODE)).to_be_focused()
        await expect(page.get_by_label(CODE)).to_have_accessible_description(
            re.compile("mistyped, used or expired")
        )

    async def test_a_code_works_once(self, visiting: Visit, newcomer: Flow) -> None:
        asking = newcomer.asking()
        page = await review(visiting, asking, newcomer.token)
        await page.get_by_role("button", name="Deny").click()
        await page.get_by_role("button", name="Connect another device").click()
        await ask(page, token=newcomer.token, code=asking.user_code)
        await expect(page.get_by_label(CODE)).to_have_attribute("aria-invalid", "true")

    async def test_a_wrong_token_is_said_at_the_token(self, visiting: Visit, flow: Flow) -> None:
        page = await visiting.open(f"/device?user_code={flow.asking().user_code}")
        await ask(page, token="caido_not-a-token")
        await expect(page.get_by_label(TOKEN)).to_be_focused()
        await expect(page.get_by_label(TOKEN)).to_have_accessible_description(re.compile("not valid"))

    async def test_too_many_tries_count_down(
        self, browser: Browser, start_server: StartServer, cluster: SharedCluster
    ) -> None:
        database = cluster.create_database("throttled")
        server = start_server(variables={"CANDOR_USER_CODE_ATTEMPTS": "1"}, database_url=database)
        with server.client() as client:
            token = Flow.of(client, Administration(database)).token
        async with visit(browser, server.url) as visiting:
            page = await visiting.open("/device")
            await ask(page, token=token, code="BCDF-GHJK")
            await expect(page.get_by_label(CODE)).to_have_attribute("aria-invalid", "true")
            await ask(page, token=token, code="BCDF-GHJL")
            await expect(page.get_by_role("alert")).to_contain_text(
                re.compile(r"try again in \d+ (s|minutes)")
            )
            await expect(page.get_by_role("button", name=CONTINUE)).to_be_disabled()

    async def test_a_server_that_is_gone_is_said(self, browser: Browser, start_server: StartServer) -> None:
        server = start_server()
        async with visit(browser, server.url) as visiting:
            page = await visiting.open("/device")
            await expect(page.locator("#recorded li")).to_have_count(1)
            server.stop()
            await ask(page, token="caido_x", code="BCDF-GHJK")
            await expect(page.get_by_role("alert")).to_contain_text("could not be reached")
            await expect(page.get_by_role("button", name=CONTINUE)).to_be_enabled()


class TestPrivacy:
    async def test_the_token_is_stored_nowhere(self, visiting: Visit, flow: Flow) -> None:
        page = await review(visiting, flow.asking(), flow.token)
        await expect(page.get_by_label(TOKEN, exact=True)).to_have_value("")
        places = "{...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state"
        assert flow.token not in await page.evaluate(f"JSON.stringify([{places}])")
        assert flow.token not in "".join(visiting.requests)
        await page.get_by_role("button", name="Deny").click()
        await expect(page.get_by_role("heading", name="Denied")).to_be_visible()
        assert await page.context.cookies() == []

    async def test_says_what_its_calls_record_as_the_contract_declares_it(
        self, visiting: Visit, flow: Flow
    ) -> None:
        page = await review(visiting, flow.asking(), flow.token)
        await expect(page.locator("#recorded")).to_contain_text("device_information")
        await expect(page.locator("#recorded")).not_to_contain_text("device_approve")
        await page.get_by_role("button", name="Allow").click()
        await expect(page.locator("#recorded")).to_contain_text("device_approve record nothing.")


class TestLayout:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [360, 1600])
    async def test_fits_the_window(
        self, browser: Browser, server: ServerProcess, flow: Flow, width: int, theme: Literal["light", "dark"]
    ) -> None:
        async with visit(browser, server.url, width=width, theme=theme) as visiting:
            page = await visiting.open("/device")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            await ask(page, token=flow.token, code=flow.asking().user_code)
            await expect(page.get_by_role("button", name="Allow")).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
