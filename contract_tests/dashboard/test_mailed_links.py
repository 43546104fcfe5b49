"""What begins with a mail, from the page that asks for it to the page where its link leads."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.newcomers import CHANGE_SUBJECT, CONFIRM_SUBJECT, RESET_SUBJECT, Newcomer
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def follow(visiting: Visit, server: ServerProcess, to: str, subject: str) -> Page:
    """Follow the newest mailed link. Its secret is out of the address as soon as the page has it."""
    address = urlsplit(Mailbox.of(server).arrives(to, subject).link)
    page = await visiting.open(f"{address.path}#{address.fragment}")
    await page.wait_for_url(re.compile("^[^#]+$"))
    await expect(page.locator("#recorded li").first).to_be_attached()
    return page


async def sign_in(page: Page, login: str, password: str) -> None:
    await page.get_by_label("E-mail address or username").fill(login)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


class TestSignUp:
    @pytest.mark.promise("C1", "C4", "K4")
    async def test_from_nothing_to_an_account(self, visiting: Visit, server: ServerProcess) -> None:
        nell = Newcomer.invented()
        page = await visiting.open("/sign-up")
        await expect(page.locator("#recorded")).to_contain_text("verify_email would store ")
        await expect(page.locator("#recorded")).to_contain_text("registration (kept 90 days)")
        await page.get_by_role("button", name="Create the account").click()
        await expect(page.get_by_label("Your name")).to_be_focused()
        await page.get_by_label("Your name").fill(nell.name)
        await page.get_by_label("Username").fill(nell.username)
        await page.get_by_label("E-mail address").fill(nell.email)
        await page.get_by_label("Password").fill("password1234")
        await page.get_by_label("I am 13 or older").check()
        await page.get_by_role("button", name="Create the account").click()
        await expect(page.get_by_label("Password")).to_have_accessible_description(
            re.compile("easy to guess")
        )
        assert await visiting.faults() == []
        await page.get_by_label("Password").fill(nell.password)
        await page.get_by_role("button", name="Create the account").click()
        await expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_focused()
        await expect(page.locator("#recorded-line")).to_contain_text(
            "sign_up stores sign_up (kept 24 hours), "
        )
        page = await follow(visiting, server, nell.email, CONFIRM_SUBJECT)
        await page.get_by_role("button", name="Confirm the address").click()
        await expect(page.get_by_text(f"Welcome, {nell.username}")).to_be_visible()
        await page.locator("#done").get_by_role("link", name="Sign in").click()
        await sign_in(page, nell.username, nell.password)
        await expect(page.get_by_role("heading", name=f"Hello, {nell.name}")).to_be_visible()

    async def test_a_link_works_once(self, visiting: Visit, server: ServerProcess) -> None:
        page = await visiting.open("/verify#token=cev_nothing")
        await page.get_by_role("button", name="Confirm the address").click()
        await expect(page.get_by_role("heading", name="does not work any more")).to_be_visible()
        await page.get_by_label("E-mail address", exact=True).fill("nobody@example.org")
        await page.get_by_role("button", name="Mail another link").click()
        await expect(page.get_by_role("status")).to_contain_text("If somebody signs up")


class TestReset:
    async def test_a_forgotten_password_is_set_anew(
        self, visiting: Visit, server: ServerProcess, newcomer: Flow
    ) -> None:
        page = await visiting.open("/sign-in")
        await page.get_by_role("link", name="Forgot your password?").click()
        await page.get_by_label("E-mail address").fill(newcomer.person.email)
        await page.get_by_role("button", name="Mail the link").click()
        await expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
        page = await follow(visiting, server, newcomer.person.email, RESET_SUBJECT)
        await page.get_by_label("New password", exact=True).fill("nine otters under two bridges")
        await page.get_by_role("button", name="Set the password").click()
        await expect(page.get_by_role("heading", name="The password is set")).to_be_visible()
        await page.get_by_role("link", name="Sign in").click()
        await sign_in(page, newcomer.person.email, "nine otters under two bridges")
        await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()


@pytest.mark.promise("K19")
class TestUpdate:
    async def test_name_username_address_and_password_are_changed(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        nell = Newcomer.invented()
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open("/settings")
            await page.get_by_label("Your name").fill("Countess")
            await page.get_by_label("Username").fill(nell.username)
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_role("status")).to_contain_text("Saved")
            address = page.locator("#email-form")
            await address.get_by_label("New address").fill(nell.email)
            await address.get_by_label("Current password").fill("not this one, surely")
            await address.get_by_role("button", name="Mail the link").click()
            await expect(address.get_by_label("Current password")).to_have_accessible_description(
                re.compile("not your current password")
            )
            await address.get_by_label("Current password").fill(str(newcomer.person.password))
            await address.get_by_role("button", name="Mail the link").click()
            await expect(page.locator("#email-sent")).to_contain_text(nell.email)
            word = page.locator("#password-form")
            await word.get_by_label("Current password").fill(str(newcomer.person.password))
            await word.get_by_label("New password").fill(nell.password)
            await word.get_by_role("button", name="Change the password").click()
            await expect(page.get_by_text("The password is changed")).to_be_visible()
            assert await visiting.faults() == []
            # A new password ends the links that were mailed before: the address is asked for once more.
            await address.get_by_label("New address").fill(nell.email)
            await address.get_by_label("Current password").fill(nell.password)
            await address.get_by_role("button", name="Mail the link").click()
            Mailbox.of(server).arrives(nell.email, CHANGE_SUBJECT, beyond=1)
            page = await follow(visiting, server, nell.email, CHANGE_SUBJECT)
            await page.get_by_role("button", name="Confirm the address").click()
            await expect(page.get_by_text(f"Your address is {nell.email} now.")).to_be_visible()
            await page.get_by_role("link", name="Go to your settings").click()
            await expect(page.locator("#email-now")).to_have_text(nell.email)
            await expect(page.get_by_label("Your name")).to_have_value("Countess")
