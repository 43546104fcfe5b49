"""The `openai` SDK, held to what the server says: one address, one key, no environment, no second thoughts.

The SDK would take its address, key, headers and log level from `OPENAI_*` variables, ask three times, wait
for ten minutes, send the machine's details along and read a refusal of any size. Here a request is made of
what is given, and what an endpoint answers is judged before the SDK reads it.

Importing this takes a second or two and 40 MB.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final

import httpx2
from openai import AsyncOpenAI

from api.gateways.assistant.faults import refusal, says_more
from api.gateways.assistant.limits import Limits
from api.gateways.assistant.transport import Transport
from handlers.ports import UpstreamFailed

if TYPE_CHECKING:
    import ssl

_REFUSAL_BYTES: Final = 16_384
_PATH: Final = "/chat/completions"
_NO_KEY: Final = "none"  # the SDK insists on one; it does not leave
_KEPT_OPEN_S: Final = 30.0
_HEADERS: Final = {
    "User-Agent": "candor",
    "Accept": "text/event-stream",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
}


class Client(AsyncOpenAI):
    """A client for one endpoint, which may want no key. To be closed by whoever made it."""

    def __init__(self, base_url: str, key: str, limits: Limits) -> None:
        self._url = httpx2.URL(f"{base_url.rstrip('/')}{_PATH}")
        self._headers = _HEADERS | ({"Authorization": f"Bearer {key}"} if key else {})
        # What is not None is not looked up in the environment.
        super().__init__(
            api_key=key or _NO_KEY,
            admin_api_key="",
            organization="",
            project="",
            webhook_secret="",
            base_url=base_url,
            max_retries=0,
            timeout=None,
            http_client=_http_client(limits),
        )

    async def ask(self, body: bytes) -> httpx2.Response:
        """The answer, when its head is there and says that events will follow. Raises UpstreamFailed for any
        other, and what the SDK raises."""
        return await self.post(_PATH, cast_to=httpx2.Response, content=body, stream=True)

    def _build_request(self, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
        """Of what is given; the SDK would add a dozen headers, and those that a variable names."""
        return httpx2.Request("POST", self._url, headers=self._headers, content=options.content)


def _http_client(limits: Limits) -> httpx2.AsyncClient:
    """Follows no redirect, reads no environment, keeps no cookie, and is patient: time limits are ours."""
    return httpx2.AsyncClient(
        transport=Transport(
            trusted=_trusted(),
            connect_s=limits.connect_s,
            kept_open=limits.at_once,
            kept_open_s=_KEPT_OPEN_S,
        ),
        timeout=None,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
        event_hooks={"response": [_judge]},
    )


@cache
def _trusted() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


async def _judge(response: httpx2.Response) -> None:
    """Raise UpstreamFailed unless events come. After this the SDK would read a refusal, all of it."""
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
