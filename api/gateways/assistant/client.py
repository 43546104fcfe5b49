"""The `openai` SDK, held to what the server says: one address, one key, no environment, no second thoughts.

The SDK would take its address, key, headers and log level from `OPENAI_*` variables, ask three times, wait
for ten minutes, send the machine's details along and read a refusal of any size. Here every header that
leaves is one of seven, and what an endpoint answers is judged before the SDK reads it.
"""

from __future__ import annotations

import asyncio
import importlib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from api.gateways.assistant.faults import refusal, says_more
from api.gateways.assistant.limits import Limits
from handlers.ports import UpstreamFailed

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_REFUSAL_BYTES: Final = 16_384
_NO_KEY: Final = "none"  # the SDK insists on one; the header does not leave
_KEPT_OPEN: Final = 16
_KEPT_OPEN_S: Final = 30.0
_OURS: Final = {
    "User-Agent": "candor",
    "Accept": "text/event-stream",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
}
_OF_THE_REQUEST: Final = ("Host", "Content-Length")


async def load() -> None:
    """Import the SDK, which takes seconds and 40 MB, without holding up others."""
    await asyncio.to_thread(importlib.import_module, "openai")


def client_of(base_url: str, key: str, limits: Limits) -> AsyncOpenAI:
    """A client for one endpoint, which may want no key. `load` comes before. To be closed by whoever made
    it."""
    import httpx2
    from openai import AsyncOpenAI

    # What is not None is not looked up in the environment; what is empty is not sent.
    return AsyncOpenAI(
        api_key=key or _NO_KEY,
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(None, connect=limits.connect_s),
        http_client=_http_client(key, limits),
    )


def _http_client(key: str, limits: Limits) -> httpx2.AsyncClient:
    """Follows no redirect, reads no environment, keeps no cookie, and is patient: time limits are ours."""
    import httpx2

    return httpx2.AsyncClient(
        verify=_trusted(),
        limits=httpx2.Limits(
            max_connections=limits.at_once + 1,
            max_keepalive_connections=_KEPT_OPEN,
            keepalive_expiry=_KEPT_OPEN_S,
        ),
        timeout=httpx2.Timeout(None, connect=limits.connect_s),
        follow_redirects=False,
        trust_env=False,
        event_hooks={"request": [_only_ours(key)], "response": [_judge]},
    )


@cache
def _trusted() -> ssl.SSLContext:
    import httpx2

    return httpx2.create_ssl_context(trust_env=False)


def _only_ours(key: str) -> Callable[[httpx2.Request], object]:
    """Whatever the SDK and its environment would send along stays here."""
    import httpx2

    always = _OURS | ({"Authorization": f"Bearer {key}"} if key else {})

    async def hold(request: httpx2.Request) -> None:
        given = request.headers
        request.headers = httpx2.Headers(always | {name: given[name] for name in _OF_THE_REQUEST})

    return hold


async def _judge(response: httpx2.Response) -> None:
    """Raise UpstreamFailed unless events come. It is the SDK's last chance not to read a refusal."""
    if response.status_code == 200:
        if response.headers.get("Content-Type", "").partition(";")[0].strip() != "text/event-stream":
            raise UpstreamFailed("invalid")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise UpstreamFailed("invalid")
        return
    body = await _beginning(response) if says_more(response.status_code) else b""
    raise refusal(response.status_code, response.headers.get("Retry-After"), body, now=datetime.now(UTC))


async def _beginning(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for portion in response.aiter_raw():
        body += portion
        if len(body) > _REFUSAL_BYTES:
            break
    return bytes(body[:_REFUSAL_BYTES])
