"""The contract in a real browser: everything is shown, by this server alone, under the strict policy."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import contract
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.promise("K25")
class TestDocs:
    async def test_shows_every_operation_of_the_contract(self, visiting: Visit) -> None:
        page = await visiting.open("/docs")
        for operation in contract().operations.values():
            block = page.locator(f"#operations-{operation.declared['tags'][0]}-{operation.operation_id}")
            await expect(block.locator(".opblock-summary-method")).to_have_text(operation.method.upper())

    async def test_shows_no_error_and_no_warning(self, visiting: Visit) -> None:
        page = await visiting.open("/docs")
        await expect(page.locator(".opblock").first).to_be_visible()
        await expect(page.locator(".swagger-ui .errors, #failure:visible")).to_have_count(0)

    async def test_says_what_an_operation_records(self, visiting: Visit) -> None:
        page = await visiting.open("/docs")
        await page.locator("#operations-instance-ping_alive .opblock-summary-control").click()
        records = page.locator("#operations-instance-ping_alive .records-line")
        await expect(records).to_have_count(1)
        await expect(records).to_contain_text("Records interaction (")
        await expect(records).to_contain_text("at most once in 24 hours; kept 90 days")

    async def test_says_of_a_silent_operation_that_it_records_nothing(self, visiting: Visit) -> None:
        page = await visiting.open("/docs")
        await page.locator("#operations-oauth2-device_information .opblock-summary-control").click()
        records = page.locator("#operations-oauth2-device_information .records-line")
        await expect(records).to_have_text("Records nothing.")

    async def test_shows_the_fingerprint_of_the_file_in_force(
        self, visiting: Visit, client: CheckedClient
    ) -> None:
        page = await visiting.open("/docs")
        in_force = sha256(client.get("/openapi.yaml").content).hexdigest()
        await expect(page.locator("#fingerprint")).to_contain_text(in_force)

    async def test_an_operation_can_be_tried(self, visiting: Visit) -> None:
        page = await visiting.open("/docs")
        block = page.locator("#operations-service-health")
        await block.locator(".opblock-summary-control").click()
        await block.get_by_role("button", name="Try it out").click()
        await block.get_by_role("button", name="Execute").click()
        await expect(block.locator(".live-responses-table .response-col_status").last).to_contain_text("200")

    async def test_operations_of_every_tag_open_without_breaking_the_policy(self, visiting: Visit) -> None:
        page = await visiting.open("/docs")
        sections = page.locator(".opblock-tag-section")
        await expect(sections).to_have_count(len(contract().document["tags"]))
        for section in await sections.all():
            await section.locator(".opblock-summary-control").first.click()
            await expect(section.locator(".responses-table").first).to_be_visible()

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [360, 1600])
    async def test_fits_the_window(
        self, browser: Browser, server: ServerProcess, width: int, theme: Literal["light", "dark"]
    ) -> None:
        async with visit(browser, server.url, width=width, theme=theme) as visiting:
            page = await visiting.open("/docs")
            await expect(page.locator(".opblock").first).to_be_visible()
            await page.locator("#operations-instance-ping_alive .opblock-summary-control").click()
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
