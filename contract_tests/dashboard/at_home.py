"""People in their browsers at a server that is called `localhost`: for that name browsers make passkeys
without TLS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from contract_tests.conftest import GENEROUS
from contract_tests.dashboard.chromium import Visit
from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import post_sign_in
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.people import PASSWORD, Person
from contract_tests.harness.server import ServerProcess


@dataclass(frozen=True, slots=True)
class Home:
    """The server."""

    server: ServerProcess
    client: CheckedClient
    admin: Administration


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


@contextmanager
def running(database_url: str, data_dir: Path) -> Iterator[Home]:
    """A server on a database, until the end of the block."""
    flags = {"database-url": database_url, "host": "localhost"}
    server = ServerProcess(data_dir, flags=flags, variables=GENEROUS)
    try:
        with server.until_ready().client() as client:
            yield Home(server, client, Administration(database_url))
    finally:
        code = server.stop()
    assert code == 0, server.stderr
