"""The contract in a real browser: everything is shown, by this server alone, under the strict policy.

Drawing the page takes seconds, so the tests look at one of it. Each leaves open what it has opened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from contract_tests.dashboard.chromium import visit
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import contract
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPEN_THE_FIRST = """(sections) => sections.map((each) => each.querySelector(".opblock"))
  .forEach((block) => block.matches(".is-open") || block.querySelector(".opblock-summary-control").click())"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def docs(browser: Browser, server: ServerProcess) -> AsyncIterator[Page]:
    """The page as it was drawn; whether it kept to the policy is found out when all tests have used it."""
    async with visit(browser, server.url) as visiting:
        page = await visiting.open("/docs")
        await expect(page.locator(".opblock").first).to_be_visible()
        yield page


async def opened(block: Locator) -> Locator:
    """An operation that shows its answers."""
    answers = block.locator(".responses-table").first
    if not await answers.is_visible():
        await block.locator(".opblock-summary-control").click()
    await expect(answers).to_be_visible()
    return block


@pytest.mark.promise("K25")
class TestDocs:
    async def test_shows_every_operation_of_the_contract(self, docs: Page) -> None:
        for operation in contract().operations.values():
            block = docs.locator(f"#operations-{operation.declared['tags'][0]}-{operation.operation_id}")
            await expect(block.locator(".opblock-summary-method")).to_have_text(operation.method.upper())

    async def test_shows_no_error_and_no_warning(self, docs: Page) -> None:
        await expect(docs.locator(".swagger-ui .errors, #failure:visible")).to_have_count(0)

    async def test_says_what_an_operation_records(self, docs: Page) -> None:
        records = (await opened(docs.locator("#operations-instance-ping_alive"))).locator(".records-line")
        await expect(records).to_have_count(1)
        await expect(records).to_contain_text("Records interaction (")
        await expect(records).to_contain_text("at most once in 24 hours; kept 90 days")

    async def test_says_of_a_silent_operation_that_it_records_nothing(self, docs: Page) -> None:
        block = await opened(docs.locator("#operations-oauth2-device_information"))
        await expect(block.locator(".records-line")).to_have_text("Records nothing.")

    async def test_shows_the_fingerprint_of_the_file_in_force(
        self, docs: Page, client: CheckedClient
    ) -> None:
        in_force = sha256(client.get("/openapi.yaml").content).hexdigest()
        await expect(docs.locator("#fingerprint")).to_contain_text(in_force)

    async def test_an_operation_can_be_tried(self, docs: Page) -> None:
        block = await opened(docs.locator("#operations-service-health"))
        await block.get_by_role("button", name="Try it out").click()
        await block.get_by_role("button", name="Execute").click()
        await expect(block.locator(".live-responses-table .response-col_status").last).to_contain_text("200")

    async def test_operations_of_every_tag_open_without_breaking_the_policy(self, docs: Page) -> None:
        sections = docs.locator(".opblock-tag-section")
        await expect(sections).to_have_count(len(contract().document["tags"]))
        await sections.evaluate_all(OPEN_THE_FIRST)  # at once: each time it resolves references anew
        for section in await sections.all():
            await expect(section.locator(".opblock").first.locator(".responses-table").first).to_be_visible()

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [360, 1600])
    async def test_fits_the_window(self, docs: Page, width: int, theme: Literal["light", "dark"]) -> None:
        await docs.emulate_media(color_scheme=theme)
        await docs.set_viewport_size({"width": width, "height": 800})
        await opened(docs.locator("#operations-instance-ping_alive"))
        assert await docs.evaluate("document.documentElement.scrollWidth") <= width
