"""Pages of other sites that a signed-in person visits, and what they cannot do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Browser, expect

from contract_tests.dashboard.chromium import visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = """<form method="post" enctype="text/plain" action="{origin}/api/v1/account/sign-in/end">
<input name="a" value="b"><button>Win a prize</button></form>"""
FRAME = """<iframe title="prize" src="{origin}/device" width="800" height="600"></iframe>"""


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, dict[str, str]]]:
    """A site of somebody else on this machine: its origin, and its pages by their paths."""
    pages: dict[str, str] = {}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}", pages
    site.shutdown()
    thread.join()
    site.server_close()


class TestPagesOfOthers:
    async def test_a_form_elsewhere_changes_nothing(
        self, browser: Browser, server: ServerProcess, newcomer: Flow, elsewhere: tuple[str, dict[str, str]]
    ) -> None:
        site, pages = elsewhere
        pages["/"] = FORM.format(origin=server.url)
        context = await browser.new_context()
        try:
            async with visit(browser, server.url) as own:
                await own.sign_in(newcomer.person)
                await context.add_cookies(
                    [
                        {"name": each["name"], "value": each["value"], "url": server.url + each["path"]}
                        for each in await own.page.context.cookies()
                    ]
                )
            page = await context.new_page()
            await page.goto(site)
            async with page.expect_response(f"{server.url}/api/v1/account/sign-in/end") as answering:
                await page.get_by_role("button", name="Win a prize").click()
            assert (await answering.value).status == 403
            await page.goto(f"{server.url}/developer")
            await expect(page.get_by_role("button", name="New token")).to_be_visible()
            await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        finally:
            await context.close()

    async def test_no_page_is_shown_inside_of_another(
        self, browser: Browser, server: ServerProcess, elsewhere: tuple[str, dict[str, str]]
    ) -> None:
        site, pages = elsewhere
        pages["/"] = FRAME.format(origin=server.url)
        context = await browser.new_context()
        try:
            page = await context.new_page()
            async with asyncio.timeout(20):
                await page.goto(site)
                await expect(page.frame_locator("iframe").locator("body")).not_to_contain_text("Candor")
            assert not [frame for frame in page.frames if frame.url.startswith(server.url)]
        finally:
            await context.close()
