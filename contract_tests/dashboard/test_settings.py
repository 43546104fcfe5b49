"""The settings: the profile, the address, the password, the browsers signed in."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from contract_tests.dashboard.at_home import Mia
from contract_tests.harness.browsers import SAFARI, Browser, post_sign_in
from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.people import PASSWORD, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANOTHER = "four slow otters under a red bridge"
ACCOUNT = "/api/v1/account"


@pytest.mark.promise("K19")
class TestProfile:
    async def test_name_and_username_are_changed(self, mia: Mia) -> None:
        page = await mia.settings()
        await expect(page.get_by_label("Your name")).to_have_value("Mia")
        chosen = f"marple-{mia.person.id[-8:].lower()}"
        await page.get_by_label("Your name").fill("Mia <b>Marple</b>")
        await page.get_by_label("Username").fill(chosen)
        await page.locator("#profile").get_by_role("button", name="Save").click()
        await expect(page.locator("#toasts")).to_contain_text("Saved.")
        await expect(page.locator(".who .name")).to_have_text(chosen)
        answer = post_sign_in(mia.home.client, chosen, PASSWORD)
        account = Browser.of(mia.home.client, answer).get(ACCOUNT).json()
        assert account["name"] == "Mia <b>Marple</b>"

    async def test_a_username_that_is_taken_is_said_at_the_field(self, mia: Mia) -> None:
        other = Person.create(mia.home.admin, "other")
        page = await mia.settings()
        await page.get_by_label("Username").fill(other.email.partition("@")[0])
        await page.locator("#profile").get_by_role("button", name="Save").click()
        await expect(page.get_by_label("Username")).to_be_focused()
        await expect(page.get_by_label("Username")).to_have_accessible_description(re.compile("taken"))
        assert await mia.visiting.faults() == []


@pytest.mark.promise("K19")
class TestAddress:
    async def test_another_one_counts_when_its_link_is_followed(self, mia: Mia) -> None:
        page = await mia.settings()
        address = f"new-{mia.person.email}"
        await page.get_by_label("New address").fill(address)
        current = page.locator("#email-form").get_by_label("Current password")
        await current.fill(ANOTHER)
        await page.get_by_role("button", name="Mail the link").click()
        await expect(current).to_be_focused()
        await expect(current).to_have_attribute("aria-invalid", "true")
        await current.fill(PASSWORD)
        await page.get_by_role("button", name="Mail the link").click()
        await expect(page.locator("#email-sent")).to_contain_text(f"A link is on its way to {address}")
        await expect(page.locator("#email-now")).to_have_text(mia.person.email)
        mail = Mailbox.of(mia.home.server).arrives(address, "Confirm your new e-mail address")
        confirmed = mia.home.client.post(
            f"{ACCOUNT}/email", json={"token": mail.token}, headers={"Origin": mia.visiting.origin}
        )
        assert confirmed.status_code == 200
        await page.reload()
        await expect(page.locator("#email-now")).to_have_text(address)


@pytest.mark.promise("K19")
class TestPassword:
    async def test_a_new_one_signs_every_other_browser_out(self, mia: Mia) -> None:
        other = mia.person.browser(mia.home.client)
        page = await mia.settings()
        form = page.locator("#password-form")
        await form.get_by_label("Current password").fill(PASSWORD)
        await form.get_by_label("New password").fill("password1234")
        await form.get_by_role("button", name="Change the password").click()
        await expect(form.get_by_label("New password")).to_be_focused()
        await expect(form.get_by_label("New password")).to_have_attribute("aria-invalid", "true")
        assert await mia.visiting.faults() == []
        await form.get_by_label("New password").fill(ANOTHER)
        await form.get_by_role("button", name="Change the password").click()
        await expect(page.locator("#toasts")).to_contain_text("The password is changed.")
        await expect(form.get_by_label("Current password")).to_have_value("")
        assert other.get(ACCOUNT).status_code == 401
        await page.reload()
        await expect(page.locator("#email-now")).to_have_text(mia.person.email)
        assert mia.sign_in(ANOTHER) == {"signed_in": True}

    async def test_a_wrong_current_one_is_said_at_the_field(self, mia: Mia) -> None:
        page = await mia.settings()
        form = page.locator("#password-form")
        await form.get_by_label("Current password").fill(f"{PASSWORD}?")
        await form.get_by_label("New password").fill(ANOTHER)
        await form.get_by_role("button", name="Change the password").click()
        await expect(form.get_by_label("Current password")).to_be_focused()
        assert mia.sign_in() == {"signed_in": True}


class TestSignIns:
    async def test_another_browser_is_signed_out(self, mia: Mia) -> None:
        answer = post_sign_in(mia.home.client, mia.person.email, PASSWORD, user_agent=SAFARI)
        other = Browser.of(mia.home.client, answer)
        page = await mia.settings()
        here = page.locator("#sign-ins-list .rows > li", has_text="this browser")
        await expect(here).to_have_count(1)
        await expect(here.get_by_role("button")).to_have_count(0)
        await page.get_by_role("button", name="Sign out: Safari on macOS").click()
        assert await mia.visiting.faults() == []
        await page.get_by_role("dialog").get_by_role("button", name="Sign it out").click()
        await expect(page.locator("#toasts")).to_contain_text("Safari on macOS was signed out.")
        await expect(page.locator("#sign-ins-list .rows > li")).to_have_count(1)
        assert other.get(ACCOUNT).status_code == 401


class TestFailures:
    async def test_a_part_that_fails_can_be_asked_for_again(self, mia: Mia) -> None:
        await mia.visiting.page.route("**/second-factor", lambda route: route.abort())
        page = await mia.visiting.open("/settings")
        await expect(page.locator("#factors").get_by_role("alert")).to_contain_text("could not be reached")
        await expect(page.locator("#sign-ins-list .rows")).to_be_visible()
        await page.unroute("**/second-factor")
        await page.get_by_role("button", name="Try again").click()
        await expect(page.locator("#factors .rows")).to_be_visible()

    async def test_a_sign_in_that_has_ended_is_said(self, mia: Mia) -> None:
        page = await mia.settings()
        await page.context.clear_cookies()
        await page.get_by_label("Your name").fill("Nobody")
        await page.locator("#profile").get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Your sign-in has ended")).to_be_visible()
