"""Claiming an instance, and letting a program that opened the browser act for oneself."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from contract_tests.dashboard.chromium import Visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.code_flow import Proof, form, query, register, told
from contract_tests.harness.instances import Instance

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOPBACK = "http://127.0.0.1:1/callback"


async def arrive(visiting: Visit, tool: Instance, proof: Proof) -> Page:
    """The browser as the program opens it; what is sent back to the program is caught on its way."""
    await visiting.page.route(f"{LOOPBACK}*", lambda route: route.fulfill(body="You can close this."))
    asked = query(tool, proof, redirect_uri=LOOPBACK, state="s-1")
    address = tool.http.build_request("GET", "/oauth2/authorize", params=asked).url
    return await visiting.open(address.raw_path.decode())


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


class TestConsent:
    async def test_a_program_is_allowed_and_has_its_tokens(self, signed_in: Visit, flow: Flow) -> None:
        proof = Proof()
        tool = register(flow.client, key=flow.person.key, redirect_uris=(LOOPBACK,))
        page = await arrive(signed_in, tool, proof)
        await expect(page.get_by_role("heading", name="wants to act for you")).to_be_focused()
        await expect(page.locator("#facts")).to_contain_text("a program on this computer")
        assert await signed_in.faults() == []
        await page.get_by_label("Use the assistant").uncheck()
        await page.get_by_role("button", name="Allow").click()
        await page.wait_for_url(f"{LOOPBACK}*")
        answer = told(page.url)
        assert (answer["state"], answer["iss"]) == ("s-1", signed_in.origin)
        tokens = tool.ask_token(**form(answer["code"], proof, redirect_uri=LOOPBACK)).json()
        assert set(tokens["scope"].split()) == {"profile:read", "offline"}
        signed_in.requests = [line for line in signed_in.requests if LOOPBACK not in line]

    async def test_a_program_is_denied(self, signed_in: Visit, flow: Flow) -> None:
        tool = register(flow.client, key=flow.person.key, redirect_uris=(LOOPBACK,))
        page = await arrive(signed_in, tool, Proof())
        await page.get_by_role("button", name="Deny").click()
        await page.wait_for_url(f"{LOOPBACK}*")
        assert told(page.url)["error"] == "access_denied"
        signed_in.requests = [line for line in signed_in.requests if LOOPBACK not in line]

    async def test_a_request_that_is_over_is_said(self, signed_in: Visit) -> None:
        page = await signed_in.open("/consent?handle=cah_nothing")
        await expect(page.get_by_role("heading", name="This request is over")).to_be_visible()
