"""People in their browsers at a server that is called `localhost`: for that name browsers make passkeys
without TLS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, expect

from contract_tests.dashboard.chromium import Visit
from contract_tests.harness.browsers import post_sign_in
from contract_tests.harness.homes import Home
from contract_tests.harness.people import PASSWORD, Person


@dataclass(frozen=True, slots=True)
class Mia:
    """A person of the test's own, in her browser."""

    home: Home
    person: Person
    visiting: Visit

    async def settings(self) -> Page:
        """The page, when all of it is there."""
        page = await self.visiting.open("/settings")
        await expect(page.locator("#factors .rows")).to_be_visible()
        await expect(page.locator("#sign-ins-list .rows")).to_be_visible()
        return page

    def sign_in(self, password: str = PASSWORD) -> dict[str, Any]:
        """What another browser is answered to her password."""
        answer = post_sign_in(self.home.client, self.person.email, password)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body
