"""The coarse fingerprint of a sign-up: what kind of browser, on what kind of machine, in which language.

It is made on the server from headers that every request carries; nothing is asked of the browser for it.

Thousands of people share each value. Beside an address prefix and within an hour it still tells a person from
a program that makes accounts.
"""

from __future__ import annotations

import re

from handlers.account import browser

_PRIMARY = re.compile(r"\s*([A-Za-z]{2,3})(?![A-Za-z0-9])")  # RFC 5646 section 2.2.1


def coarse(*, user_agent: str | None, accept_language: str | None) -> str:
    """Family, platform and the primary language asked for first, as in `firefox/linux/de`."""
    seen = browser.described(user_agent)
    asked = _PRIMARY.match(accept_language or "")
    return f"{seen.family}/{seen.platform}/{asked[1].lower() if asked else browser.OTHER}"
