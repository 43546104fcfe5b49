"""Claiming an instance that asks, before it is allowed or denied."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from contract_tests.dashboard.chromium import Visit
from contract_tests.dashboard.flow import Flow

pytestmark = pytest.mark.asyncio(loop_scope="session")


class TestClaim:
    @pytest.mark.promise("C6")
    async def test_an_instance_is_claimed_and_allowed(self, signed_in: Visit, flow: Flow) -> None:
        asking = flow.asking(claimed=False, client_name="Microscope")
        page = await signed_in.open(f"/device?user_code={asking.user_code}")
        await page.get_by_role("button", name="Show what it asks for").click()
        await expect(page.get_by_role("heading", name="Is this instance yours?")).to_be_focused()
        await expect(page.get_by_label("Name of the instance")).to_have_value("Microscope")
        assert await signed_in.faults() == []
        await page.get_by_label("Name of the instance").fill("Bench 3")
        await page.get_by_role("button", name="Claim and go on").click()
        await expect(page.get_by_role("heading", name="“Bench 3” wants to sign you in")).to_be_focused()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="Allowed")).to_be_visible()
        assert asking.poll()["access_token"]
        await page.get_by_role("link", name="See your instances").click()
        await expect(page.locator("#live")).to_contain_text("Bench 3")

    async def test_what_is_nobodys_can_be_denied(self, signed_in: Visit, flow: Flow) -> None:
        asking = flow.asking(claimed=False)
        page = await signed_in.open(f"/device?user_code={asking.user_code}")
        await page.get_by_role("button", name="Show what it asks for").click()
        await page.locator("#claim").get_by_role("button", name="Deny").click()
        await expect(page.get_by_role("heading", name="Denied")).to_be_visible()
        assert asking.poll()["error"] == "access_denied"
