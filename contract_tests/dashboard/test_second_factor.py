"""The second factor as a person sets it up and signs in with it: an app's codes, a recovery code, a passkey
of Chromium's virtual authenticator.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.harness.authenticators import App
from contract_tests.harness.homes import Home
from contract_tests.harness.people import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class AtHome:
    """A person's visit to a server under the name `localhost`, for which browsers make passkeys."""

    person: Person
    visiting: Visit

    async def sign_in(self) -> Page:
        """Come through the password's step."""
        page = await self.visiting.open("/sign-in")
        await page.get_by_label("E-mail address or username").fill(self.person.email)
        await page.get_by_label("Password").fill(str(self.person.password))
        await page.get_by_role("button", name="Sign in", exact=True).click()
        return page

    async def sign_out(self) -> None:
        """By the button of every page."""
        await self.visiting.page.get_by_role("button", name="Sign out").first.click()
        await expect(self.visiting.page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest_asyncio.fixture(loop_scope="session")
async def at_home(browser: Browser, home: Home) -> AsyncIterator[AtHome]:
    person = Person.with_password(home.admin, "ada")
    async with visit(browser, home.server.url) as visiting:
        yield AtHome(person, visiting)


async def test_an_app_and_its_recovery_codes(at_home: AtHome) -> None:
    page = await at_home.sign_in()
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("button", name="Set up an authenticator app").click()
    await page.get_by_label("Your password").fill("not this one, surely")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_label("Your password")).to_have_accessible_description(
        re.compile("not your password")
    )
    await page.get_by_label("Your password").fill(str(at_home.person.password))
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    assert await at_home.visiting.faults() == []
    await page.get_by_text("I cannot scan it").click()
    app = App((await page.get_by_role("dialog").locator("details code").inner_text()).replace(" ", ""))
    await page.get_by_label("Code that the app shows").fill(app.wrong_code())
    await page.get_by_role("button", name="Put it in force").click()
    await expect(page.get_by_label("Code that the app shows")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Code that the app shows").fill(app.code())
    await page.get_by_role("button", name="Put it in force").click()
    await expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    recovery = (await page.get_by_role("dialog").locator("code").inner_text()).split()
    assert len(recovery) == 10
    await page.get_by_role("button", name="I have kept it").click()
    await expect(page.locator("#factors")).to_contain_text("10 left")
    await at_home.sign_out()

    await at_home.sign_in()
    await expect(page.get_by_role("heading", name="One more step")).to_be_focused()
    assert await at_home.visiting.faults() == []
    await page.get_by_label("Code of your authenticator app").fill(app.wrong_code())
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_label("Code of your authenticator app")).to_have_attribute(
        "aria-invalid", "true"
    )
    await page.get_by_label("Code of your authenticator app").fill(app.next_code())
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    await at_home.sign_out()

    await at_home.sign_in()
    await page.get_by_text("Use a recovery code").click()
    await page.get_by_label("Recovery code").fill(recovery[0])
    await page.get_by_role("button", name="Use the code").click()
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()


async def test_a_passkey(at_home: AtHome) -> None:
    page = at_home.visiting.page
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    await at_home.sign_in()
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("button", name="Add a passkey").click()
    await page.get_by_label("Name of the passkey").fill("This laptop")
    await page.get_by_label("Your password").fill(str(at_home.person.password))
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("button", name="I have kept it").click()
    await expect(page.locator("#factors")).to_contain_text("This laptop")
    assert await at_home.visiting.faults() == []
    await at_home.sign_out()

    await at_home.sign_in()
    await page.get_by_role("button", name="Use a passkey").click()
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()

    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("button", name="Remove: This laptop").click()
    await page.get_by_label("Your password").fill(str(at_home.person.password))
    await page.get_by_role("button", name="Remove it").click()
    await expect(page.locator("#factors")).not_to_contain_text("This laptop")
    await expect(page.locator("#factors")).not_to_contain_text("Recovery codes")
