"""The page that says what is recorded: the contract in force, as sentences, and who hosts it."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest
from playwright.async_api import Browser, expect

from contract_tests.conftest import StartServer
from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.harness.contract import CONTRACT, contract

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATED = {"CANDOR_DATA_HOST": "Example Hosting <b>GmbH</b>", "CANDOR_DATA_LOCATION": "Germany"}


class TestTransparency:
    @pytest.mark.promise("C13")
    async def test_says_who_hosts_it_and_where(self, browser: Browser, start_server: StartServer) -> None:
        server = await asyncio.to_thread(start_server, variables=STATED)
        async with visit(browser, server.url) as visiting:
            page = await visiting.open("/transparency")
            for value in STATED.values():
                await expect(page.locator("#host")).to_contain_text(value)

    async def test_says_who_is_given_what(self, visiting: Visit) -> None:
        page = await visiting.open("/transparency")
        policy = contract().document["x-data-policy"]
        shown = page.locator("#leaving > li")
        await expect(shown).to_have_count(len(policy["processors"]) + 1)
        for place, processor in enumerate(policy["processors"].values()):
            for said in (processor["name"], processor["purpose"]["text"], *processor["receives"].values()):
                await expect(shown.nth(place)).to_contain_text(said)
        await expect(shown.last).to_contain_text("advertise nothing")
        assert await visiting.faults() == []

    async def test_names_the_file_in_force_and_computes_its_digest(self, visiting: Visit) -> None:
        page = await visiting.open("/transparency")
        await expect(page.locator("#force")).to_contain_text(sha256(CONTRACT.read_bytes()).hexdigest())
        await expect(page.locator("#force")).to_contain_text(contract().document["info"]["version"])
        await page.get_by_role("button", name="Compute the digest here").click()
        await expect(page.locator("#verified")).to_have_text("The file that was sent has this digest.")

    async def test_tells_every_operation_and_every_record(self, visiting: Visit) -> None:
        page = await visiting.open("/transparency")
        await expect(page.locator("#calls li").first).to_be_visible()
        told = set(await page.locator("#calls .row-actions code, #silent code").all_text_contents())
        assert told == set(contract().operations)
        recording = [name for name, each in contract().operations.items() if each.declared["x-collect"]]
        await expect(page.locator("#calls > li")).to_have_count(len(recording))
        records = contract().document["components"]["x-records"]
        await expect(page.locator("#records details")).to_have_count(len(records))
        for name, record in records.items():
            shown = page.locator("#records details").filter(
                has=page.get_by_role("list", name=f"Columns of {name}", exact=True, include_hidden=True)
            )
            columns = await shown.locator("li code").all_text_contents()
            assert columns == list(record["fields"]), name
