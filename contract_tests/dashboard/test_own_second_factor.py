"""The second factor in the settings: the authenticator app, passkeys, recovery codes."""

from __future__ import annotations

import pytest
from playwright.async_api import CDPSession, Page, expect

from contract_tests.dashboard.at_home import Mia
from contract_tests.harness.authenticators import App
from contract_tests.harness.people import PASSWORD
from contract_tests.harness.second_factors import complete

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRONG = "four slow otters under a red bridge"


async def with_password(page: Page, button: str, password: str = PASSWORD) -> None:
    """Fill in the dialog's password and go on."""
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Your password").fill(password)
    await dialog.get_by_role("button", name=button).click()


async def recovery_codes(page: Page) -> list[str]:
    """Those that the dialog shows once; it is put away."""
    dialog = page.get_by_role("dialog", name="Your recovery codes")
    codes = (await dialog.locator("code").inner_text()).split()
    await dialog.get_by_role("button", name="I have kept it").click()
    await expect(dialog).to_have_count(0)
    return codes


async def virtual_authenticator(page: Page) -> tuple[CDPSession, str]:
    """Have Chromium answer for a person who touches a sensor (WebAuthn section 11)."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, str(made["authenticatorId"])


class TestAuthenticatorApp:
    async def test_is_set_up_asked_for_and_removed(self, mia: Mia) -> None:
        page = await mia.settings()
        await page.get_by_role("button", name="Set up an authenticator app").click()
        await with_password(page, "Go on", WRONG)
        password = page.get_by_role("dialog").get_by_label("Your password")
        await expect(password).to_have_accessible_description("This is not your password.")
        await with_password(page, "Go on")
        dialog = page.get_by_role("dialog", name="Scan this with the app")
        await expect(dialog.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
        await dialog.get_by_text("I cannot scan it").click()
        app = App((await dialog.locator("details code").inner_text()).replace(" ", ""))
        assert await mia.visiting.faults() == []
        await dialog.get_by_label("Code that the app shows").fill(app.wrong_code())
        await dialog.get_by_role("button", name="Put it in force").click()
        await expect(dialog.get_by_label("Code that the app shows")).to_have_attribute("aria-invalid", "true")
        await dialog.get_by_label("Code that the app shows").fill(app.code())
        await dialog.get_by_role("button", name="Put it in force").click()
        codes = await recovery_codes(page)
        assert len(set(codes)) == 10
        await expect(page.locator("#factors")).to_contain_text("in force")
        await expect(page.locator("#factors")).to_contain_text("10 left")
        await expect(page.get_by_role("heading", name="Second factor")).to_be_focused()

        ticket = mia.sign_in()
        assert set(ticket["methods"]) == {"totp", "recovery_code"}
        body = {"ticket": ticket["ticket"], "recovery_code": codes[0]}
        assert complete(mia.home.client, body).status_code == 200
        await page.reload()
        await expect(page.locator("#factors")).to_contain_text("9 left")
        await page.get_by_role("button", name="Make new recovery codes").click()
        await with_password(page, "Make new codes")
        assert not set(await recovery_codes(page)) & set(codes)
        await expect(page.locator("#factors")).to_contain_text("10 left")
        assert await mia.visiting.faults() == []

        await page.get_by_role("button", name="Remove the authenticator app").click()
        await with_password(page, "Remove it")
        await expect(page.locator("#factors")).not_to_contain_text("Recovery codes")
        assert mia.sign_in() == {"signed_in": True}


class TestPasskeys:
    async def test_one_is_added_renamed_asked_for_and_removed(self, mia: Mia) -> None:
        page = await mia.settings()
        chromium, authenticator = await virtual_authenticator(page)
        await page.get_by_role("button", name="Add a passkey").click()
        await page.get_by_label("Name of the passkey").fill("Laptop")
        await with_password(page, "Go on")
        assert len(await recovery_codes(page)) == 10
        kept = await chromium.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
        assert [each["rpId"] for each in kept["credentials"]] == ["localhost"]
        await expect(page.locator("#factors .row-below")).to_contain_text("Laptop")
        assert await mia.visiting.faults() == []
        assert set(mia.sign_in()["methods"]) == {"passkey", "recovery_code"}

        await page.get_by_role("button", name="Add a passkey").click()
        await page.get_by_label("Name of the passkey").fill("The same again")
        await with_password(page, "Go on")
        await expect(page.get_by_role("alert")).to_contain_text("holds a passkey of this account already")
        await page.keyboard.press("Escape")

        name = "<img src=x onerror=alert(1)> & <b>key</b>"
        await page.get_by_role("button", name="Rename: Laptop").click()
        await page.get_by_role("textbox", name="Name", exact=True).fill(name)
        await page.get_by_role("dialog").get_by_role("button", name="Rename").click()
        await expect(page.locator("#factors .row-below")).to_contain_text(name)
        await expect(page.locator("main img, main b")).to_have_count(0)

        await page.get_by_role("button", name=f"Remove: {name}").click()
        await with_password(page, "Remove it")
        await expect(page.locator("#factors .row-below")).to_have_count(0)
        assert mia.sign_in() == {"signed_in": True}
