"""Cloudflare Turnstile: whether the token that a page was given is one, for this site and this action.

Four values leave, in the body of one POST: the secret, the token, the caller's address, and a random key
under which the same question may be asked twice. Nothing else that the server knows of a caller is at hand
here, and cookies that come back are not kept. A token is good for 300 s and for one question; the service
keeps count.

Every doubt is a refusal or an outage: only a whole answer with `success` true, our host and the right action
lets somebody through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import orjson

from api.contract.forwarding import BODY, CLIENT_IP
from handlers.ports import CaptchaAction, CaptchaVerdict

if TYPE_CHECKING:
    import httpx

PROCESSOR: Final = "turnstile"
FORWARDED: Final = frozenset({f"{BODY}captcha_token", CLIENT_IP})
"""How the contract calls it, and what it must say that operations send there: the fields that leave."""

ATTEMPT_S: Final = 2.5  # for one question, whatever part of it takes the time; there are two at most
_ATTEMPTS: Final = 2
_MOST_BYTES: Final = 16_384  # an answer has a few hundred
_AT_ONCE: Final = 32  # questions of one worker; an outage holds no more requests than these for long
_OURS_ARE_WRONG: Final = frozenset({"missing-input-secret", "invalid-input-secret"})
_ABOUT_THE_TOKEN: Final = frozenset(
    {"missing-input-response", "invalid-input-response", "timeout-or-duplicate"}
)


class Turnstile:
    """The real one. `url` is where `siteverify` and `api.js` are; `hostname` is what pages are called by."""

    def __init__(
        self,
        *,
        site_key: str,
        secret: str,
        url: str,
        hostname: str,
        attempt_s: float = ATTEMPT_S,
        new_key: Callable[[], UUID] = uuid4,
    ) -> None:
        self.site_key = site_key
        self.script = f"{url}/api.js"
        self._secret = secret
        self._verify = f"{url}/siteverify"
        self._hostname = hostname.lower()
        self._attempt_s = attempt_s
        self._new_key = new_key
        self._client: httpx.AsyncClient | None = None

    async def judge(self, token: str, *, action: CaptchaAction, client_ip: str | None) -> CaptchaVerdict:
        """What the service says of a token. Takes 5 s at most; an unanswered question is asked once more."""
        form = {"secret": self._secret, "response": token, "idempotency_key": str(self._new_key())}
        if client_ip is not None:
            form["remoteip"] = client_ip
        verdict: CaptchaVerdict = "unavailable"
        for _ in range(_ATTEMPTS):
            answer = await self._ask(form)
            verdict = "unavailable" if answer is None else self._verdict(answer, action)
            if verdict != "unavailable":
                break
        return verdict

    async def close(self) -> None:
        """Close the connections that are kept open."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, form: Mapping[str, str]) -> Mapping[str, Any] | None:
        """The service's answer; None for none, or for what is none."""
        import httpx  # with its TLS context it is for servers that have a captcha

        if self._client is None:
            self._client = _client(self._attempt_s)
        try:
            async with (
                asyncio.timeout(self._attempt_s),
                self._client.stream("POST", self._verify, data=form) as response,
            ):
                answer = _parsed(await _bounded(response))
        except (TimeoutError, httpx.HTTPError):
            return None
        if answer is None or response.status_code == 200:
            return answer
        return {**answer, "success": False}  # a secret that is refused comes with 400, and an answer

    def _verdict(self, answer: Mapping[str, Any], action: CaptchaAction) -> CaptchaVerdict:
        if answer.get("success") is True:
            ours = answer.get("action") == action and _is_host(answer.get("hostname"), self._hostname)
            return "passed" if ours else "refused"
        codes = answer.get("error-codes")
        said = {each for each in codes if isinstance(each, str)} if isinstance(codes, list) else set()
        if said & _OURS_ARE_WRONG:
            return "misconfigured"
        return "refused" if said & _ABOUT_THE_TOKEN else "unavailable"


def _client(timeout_s: float) -> httpx.AsyncClient:
    """One for all questions. It follows no redirect, reads no environment and keeps no cookie."""
    import httpx

    return httpx.AsyncClient(
        headers={"User-Agent": "candor", "Accept": "application/json", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=timeout_s,
        limits=httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=4, keepalive_expiry=30),
        follow_redirects=False,
        trust_env=False,
    )


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            return b""
    return bytes(body)


def _parsed(body: bytes) -> Mapping[str, Any] | None:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return answer if isinstance(answer, dict) else None


def _is_host(said: object, ours: str) -> bool:
    return isinstance(said, str) and said.lower() == ours
