"""The contract byte for byte, the pages, and their static files, in contract order."""

from __future__ import annotations

from handlers.answers import Answer
from handlers.cacheable import file_answer
from handlers.errors import NotFound
from handlers.ports import Ports

_CONTRACT_MAX_AGE_S = 60
# Pages and their files have no version in their names: a browser asks every time, and an upgrade never
# mixes two.
_PAGE_MAX_AGE_S = 0
_ASSET_MAX_AGE_S = 0
_PAGES = frozenset({"docs.html", "device.html"})


async def openapi_yaml(*, if_none_match: str | None, ports: Ports) -> Answer:
    """The file in force."""
    return file_answer(ports.published.yaml, if_none_match=if_none_match, max_age_s=_CONTRACT_MAX_AGE_S)


async def openapi_json(*, if_none_match: str | None, ports: Ports) -> Answer:
    """The same document as JSON."""
    return file_answer(ports.published.json, if_none_match=if_none_match, max_age_s=_CONTRACT_MAX_AGE_S)


async def docs(*, if_none_match: str | None, ports: Ports) -> Answer:
    """The contract, to read."""
    return _page("docs.html", if_none_match=if_none_match, ports=ports)


async def device_page(*, if_none_match: str | None, ports: Ports) -> Answer:
    """Where a person decides about an instance."""
    return _page("device.html", if_none_match=if_none_match, ports=ports)


async def asset(*, name: str, if_none_match: str | None, ports: Ports) -> Answer:
    """A static file of the pages. Raises NotFound."""
    file = ports.published.files.get(name)
    if file is None or name in _PAGES:
        raise NotFound
    headers = {"X-Content-Type-Options": "nosniff"}
    return file_answer(file, if_none_match=if_none_match, max_age_s=_ASSET_MAX_AGE_S, headers=headers)


def _page(name: str, *, if_none_match: str | None, ports: Ports) -> Answer:
    file = ports.published.files[name]
    headers = {
        "Content-Security-Policy": file.content_security_policy or "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return file_answer(file, if_none_match=if_none_match, max_age_s=_PAGE_MAX_AGE_S, headers=headers)
