"""A visit is really held to the policy: what a page must not do fails the visit, in this very browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from contract_tests.dashboard.chromium import visit
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORBIDDEN = {
    "an inline style": "document.body.setAttribute('style', 'color: red')",
    "an inline script": "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
    "another origin": "fetch('http://elsewhere.example/').catch(() => null)",
    "a picture from elsewhere": "new Image().src = 'http://elsewhere.example/a.png'",
}
UNTIL_IT_IS_TOLD = "await new Promise((done) => setTimeout(done, 100))"


@pytest.mark.promise("K25")
class TestVisit:
    @pytest.mark.parametrize("what", FORBIDDEN)
    async def test_fails_over(self, browser: Browser, server: ServerProcess, what: str) -> None:
        kept_to_it = False

        async def break_the_policy() -> None:
            nonlocal kept_to_it
            async with visit(browser, server.url) as visiting:
                await visiting.page.route("**/*.js", lambda route: route.abort())  # nothing need be drawn
                page = await visiting.open("/docs")
                visiting.check()
                kept_to_it = True
                await page.evaluate(f"async () => {{ {FORBIDDEN[what]}; {UNTIL_IT_IS_TOLD} }}")

        with pytest.raises(AssertionError):
            await break_the_policy()
        assert kept_to_it
