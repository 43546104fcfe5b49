"""The page of a person's instances: what a person sees and does there, and what their instances notice."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.members import join
from contract_tests.harness.server import ServerProcess
from contract_tests.operations.test_instances import id_of, silent_for

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY_S = 86_400


def registered(flow: Flow) -> Instance:
    """An instance in the person's workspace."""
    return Instance.register(flow.client, key=flow.person.key)


def row_of(page: Page, instance_id: str) -> Locator:
    """The instance's row."""
    return page.locator(".rows > li").filter(has=page.locator("code", has_text=instance_id))


def name_of(flow: Flow, instance_id: str) -> str:
    """What the instance is called now."""
    answer = flow.client.get(f"/api/v1/instances/{instance_id}", headers=bearer(flow.person.pat))
    return str(answer.json()["name"])


async def is_renamed(page: Page, instance_id: str, name: str) -> None:
    """Rename through the dialog."""
    await row_of(page, instance_id).get_by_role("button", name="Rename").click()
    await page.get_by_role("textbox", name="Name").fill(name)
    await page.get_by_role("dialog").get_by_role("button", name="Rename").click()


class TestList:
    async def test_an_empty_one_says_how_to_begin(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/instances")
            await expect(page.locator("#live")).to_contain_text("No instance here")
            await page.get_by_role("button", name="Show", exact=True).click()
            await expect(page.locator("#archived")).to_contain_text("None is archived")
            assert await visiting.faults() == []

    async def test_goes_on_page_by_page(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        for _ in range(21):
            registered(newcomer)
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/instances")
            rows = page.locator("#live .rows > li")
            await expect(rows).to_have_count(20)
            await page.get_by_role("button", name="Show more").click()
            await expect(rows).to_have_count(21)
            await expect(rows.nth(20).get_by_role("button", name="Sign-ins")).to_be_focused()
            await expect(page.get_by_role("button", name="Show more")).to_have_count(0)

    async def test_tells_who_is_silent_and_who_is_archived(
        self, signed_in: Visit, flow: Flow, server_database: str
    ) -> None:
        stale, archived = registered(flow), registered(flow)
        silent_for(server_database, stale, 20 * DAY_S)
        silent_for(server_database, archived, 80 * DAY_S)
        page = await signed_in.open("/instances")
        await expect(row_of(page, id_of(server_database, stale)).locator(".tag")).to_have_text("silent")
        gone = row_of(page, id_of(server_database, archived))
        await expect(gone).to_have_count(0)
        await page.get_by_role("button", name="Show", exact=True).click()
        await expect(gone.locator(".tag")).to_have_text("archived")
        assert await signed_in.faults() == []

    async def test_a_list_that_fails_can_be_asked_for_again(
        self, signed_in: Visit, flow: Flow, server_database: str
    ) -> None:
        instance_id = id_of(server_database, registered(flow))
        await signed_in.page.route("**/api/v1/instances*", lambda route: route.abort())
        page = await signed_in.open("/instances")
        await expect(page.locator("#live").get_by_role("alert")).to_contain_text("could not be reached")
        await page.unroute("**/api/v1/instances*")
        await page.get_by_role("button", name="Try again").click()
        await expect(row_of(page, instance_id)).to_be_visible()

    async def test_a_sign_in_that_has_ended_is_said(
        self, browser: Browser, server: ServerProcess, flow: Flow, server_database: str
    ) -> None:
        instance_id = id_of(server_database, registered(flow))
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(flow.person)
            page = await visiting.open("/instances")
            await expect(row_of(page, instance_id)).to_be_visible()
            await page.context.clear_cookies()
            await row_of(page, instance_id).get_by_role("button", name="Sign-ins").click()
            await expect(page.get_by_role("heading", name="Your sign-in has ended")).to_be_visible()
            again = page.get_by_role("link", name="Sign in again")
            await expect(again).to_have_attribute("href", "/sign-in?next=%2Finstances")


class TestRename:
    async def test_what_an_instance_is_called_is_text(
        self, signed_in: Visit, flow: Flow, server_database: str
    ) -> None:
        instance_id = id_of(server_database, registered(flow))
        name = "<img src=x onerror=alert(1)> & <b>lab</b>"
        page = await signed_in.open("/instances")
        await is_renamed(page, instance_id, f"  {name} ")
        await expect(row_of(page, instance_id).locator(".row-title")).to_contain_text(name)
        await expect(
            row_of(page, instance_id).get_by_role("button", name=f"Sign-ins: {name}")
        ).to_be_focused()
        await expect(page.locator("main img, main b")).to_have_count(0)
        assert name_of(flow, instance_id) == name

    async def test_a_name_that_is_none_is_said_at_the_field(
        self, signed_in: Visit, flow: Flow, server_database: str
    ) -> None:
        instance_id = id_of(server_database, registered(flow))
        before = name_of(flow, instance_id)
        page = await signed_in.open("/instances")
        await is_renamed(page, instance_id, "")
        await expect(page.get_by_role("textbox", name="Name")).to_have_accessible_description(
            re.compile("know again")
        )
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(row_of(page, instance_id).get_by_role("button", name="Rename")).to_be_focused()
        assert name_of(flow, instance_id) == before


class TestDelete:
    async def test_asks_once_and_the_instance_is_gone(
        self, signed_in: Visit, flow: Flow, server_database: str
    ) -> None:
        instance = registered(flow)
        instance_id = id_of(server_database, instance)
        name = name_of(flow, instance_id)
        page = await signed_in.open("/instances")
        await row_of(page, instance_id).get_by_role("button", name="Delete").click()
        dialog = page.get_by_role("dialog", name=f"Delete “{name}”?")
        assert await signed_in.faults() == []
        await dialog.get_by_role("button", name="Cancel").click()
        assert instance.ask_token(grant_type="client_credentials").status_code == 200
        await row_of(page, instance_id).get_by_role("button", name="Delete").click()
        await dialog.get_by_role("button", name="Delete it").click()
        await expect(row_of(page, instance_id)).to_have_count(0)
        await expect(page.locator("#toasts")).to_contain_text(f"“{name}” was deleted.")
        assert instance.ask_token(grant_type="client_credentials").status_code == 401


class TestSessions:
    async def test_the_instance_notices_at_its_next_call(
        self, signed_in: Visit, flow: Flow, server_database: str
    ) -> None:
        instance = registered(flow)
        instance_id = id_of(server_database, instance)
        tokens = instance.sign_in(flow.person.pat)
        page = await signed_in.open("/instances")
        await row_of(page, instance_id).get_by_role("button", name="Sign-ins").click()
        sessions = page.get_by_role("group", name="Signed in to")
        await expect(sessions.get_by_role("listitem")).to_have_count(1)
        await expect(sessions).to_contain_text("Ada")
        assert await signed_in.faults() == []
        assert flow.client.get("/instance/user/session", headers=tokens.bearer).status_code == 200
        await sessions.get_by_role("button", name="Sign Ada out").click()
        await page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
        await expect(sessions).to_contain_text("Nobody is signed in")
        assert flow.client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert instance.refresh(tokens.refresh_token).status_code == 400
        await expect(page.locator("#recorded")).to_contain_text("revoke_instance_session")


class TestWorkspaces:
    async def test_says_after_which_silence_an_instance_is_marked(
        self, browser: Browser, server: ServerProcess, newcomer: Flow, server_database: str
    ) -> None:
        instance = registered(newcomer)
        silent_for(server_database, instance, 5 * DAY_S)
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/instances")
            await expect(page.locator("#live .tag")).to_have_text("active")
            await page.get_by_role("button", name="Change: Ada").click()
            await page.get_by_label("Silent after (days)").fill("91")
            await page.get_by_role("button", name="Save").click()
            field = page.get_by_label("Silent after (days)")
            await expect(field).to_have_accessible_description(re.compile("2 to 90 whole days"))
            await field.fill("3")
            await page.get_by_role("textbox", name="Name").fill("Laboratory")
            assert await visiting.faults() == []
            await page.get_by_role("button", name="Save").click()
            await expect(page.locator("#workspaces")).to_contain_text("Laboratoryowner")
            await expect(page.locator("#workspaces")).to_contain_text("silent after 3 days")
            await page.reload()
            await expect(page.locator("#live .tag")).to_have_text("silent")

    async def test_a_member_looks_and_changes_nothing(
        self, browser: Browser, server: ServerProcess, flow: Flow, newcomer: Flow, server_database: str
    ) -> None:
        instance_id = id_of(server_database, registered(flow))
        join(server_database, workspace_id=flow.person.workspace_id, person=newcomer.person)
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/instances")
            await page.get_by_label("Workspace", exact=True).select_option(flow.person.workspace_id)
            found = row_of(page, instance_id)
            await expect(found.get_by_role("button", name="Sign-ins")).to_be_visible()
            await expect(found.get_by_role("button", name="Delete")).to_have_count(0)
            await expect(page.locator("#workspaces")).to_contain_text("member")
