"""What the page tests share: a browser, and people and instances that meet in the device flow. All of them
run in the browser's event loop, which is that of the session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from contract_tests.dashboard.at_home import Mia
from contract_tests.dashboard.chromium import Visit, chromium, installed, visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.homes import Home
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium for all tests of a process. Without one on the machine they are skipped."""
    if installed() is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def visiting(browser: Browser, server: ServerProcess) -> AsyncIterator[Visit]:
    """A visit to the shared server, held to its policy when the test ends."""
    async with visit(browser, server.url) as open_visit:
        yield open_visit


@pytest_asyncio.fixture(loop_scope="session")
async def signed_in(browser: Browser, server: ServerProcess, flow: Flow) -> AsyncIterator[Visit]:
    """A visit of the shared server's person, who has signed in."""
    async with visit(browser, server.url) as open_visit:
        await open_visit.sign_in(flow.person)
        yield open_visit


@pytest.fixture(scope="session")
def flow(client: CheckedClient, admin: Administration) -> Flow:
    """A person of the shared server, and instances that ask for them."""
    return Flow.of(client, admin)


@pytest.fixture
def newcomer(client: CheckedClient, admin: Administration) -> Flow:
    """A person of the test's own, for tests that guess codes: guesses are counted per person."""
    return Flow.of(client, admin)


@pytest_asyncio.fixture(loop_scope="session")
async def mia(browser: Browser, home: Home) -> AsyncIterator[Mia]:
    """A person of the test's own, who has signed in there."""
    person = Person.with_password(home.admin, "mia")
    async with visit(browser, home.server.url) as open_visit:
        await open_visit.sign_in(person)
        yield Mia(home, person, open_visit)
