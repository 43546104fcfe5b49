"""A real Chromium that can reach this machine only, and a visit that notes whatever a page must not do."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from contract_tests.harness.people import Person

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",  # the tests may run as root, where Chromium's sandbox does not start
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_REPORT_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`))
"""
FAILED_CALL = "Failed to load resource"  # how Chromium's console tells of any answer that is 4xx or 5xx


def installed() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser with a fresh profile."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=installed(), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


class Visit:
    """One page of one server, in a context of its own: nothing is remembered from visit to visit."""

    def __init__(self, page: Page, origin: str, *, captcha: str | None = None) -> None:
        self.page = page
        self.origin = origin
        self._allowed = (origin, "data:", *([captcha] if captcha is not None else []))
        self.requests: list[str] = []
        self.console: list[str] = []
        page.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"error: {error}"))

    async def open(self, path: str) -> Page:
        """Load a path of the server."""
        await self.page.goto(self.origin + path)
        return self.page

    async def sign_in(self, person: Person) -> None:
        """Have the cookies of a person, as after the page for signing in."""
        assert person.password is not None
        answer = await self.page.request.post(
            f"{self.origin}/api/v1/account/sign-in",
            data={"login": person.email, "password": person.password},
            headers={"Origin": self.origin},
        )
        assert answer.ok, await answer.text()

    async def faults(self) -> list[str]:
        """What axe-core finds wrong with the page as it stands, as one line each."""
        found = await Axe().run(self.page)
        return [
            f"{rule['id']}: {rule['help']} {[node['target'] for node in rule['nodes']]}"
            for rule in found.response["violations"]
        ]

    async def is_scrolled_sideways(self) -> bool:
        """Whether the page is wider than its window."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return bool(wide)

    def paths(self) -> list[str]:
        """Method and path of each request so far, without queries."""
        split = (line.split(" ", 1) for line in self.requests)
        return [f"{method} {urlsplit(url).path}" for method, url in split]

    def check(self) -> None:
        """Raise AssertionError if the page broke its policy, failed, or asked another origin for anything."""
        outside = [line for line in self.requests if not line.split(" ", 1)[1].startswith(self._allowed)]
        assert outside == []
        assert [line for line in self.console if FAILED_CALL not in line and line.startswith("error")] == []


@asynccontextmanager
async def visit(
    browser: Browser,
    origin: str,
    *,
    width: int = 1280,
    theme: Literal["light", "dark"] = "light",
    captcha: str | None = None,
) -> AsyncIterator[Visit]:
    """A visit that is checked when it ends well. `width` is in CSS pixels; `captcha` is the origin of the
    captcha that the server has.
    """
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
    try:
        await context.add_init_script(_REPORT_VIOLATIONS)
        visiting = Visit(await context.new_page(), origin, captcha=captcha)
        yield visiting
        visiting.check()
    finally:
        await context.close()
