"""One simulated instance: the calls that an installed copy makes, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from api.cli.failures import Refused

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = (DEVICE_CODE, "refresh_token", "client_credentials")
SCOPE = "profile:read assistant offline"

_SLOWER_S = 5  # RFC 8628 section 3.5
_SHOWN = 300  # characters of what a server said


class SimulatedInstance:
    """A client of one server. Methods make one call each and raise Refused, naming it, unless it went as
    published.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._credentials: dict[str, str] = {}
        self.client_id = ""

    async def register(self, key: str | None) -> None:
        """Register (RFC 7591), into the workspace of a registration key if there is one."""
        body: dict[str, object] = {"grant_types": GRANT_TYPES, "scope": SCOPE}
        if key is not None:
            body["instance_registration_key"] = key
        registered = await self._expect(201, "register_client", "POST", "/oauth2/register", json=body)
        self.client_id = registered["client_id"]
        self._credentials = {"client_id": self.client_id, "client_secret": registered["client_secret"]}

    async def own_token(self) -> str:
        """A token for the instance itself (RFC 6749 section 4.4)."""
        return str((await self._token(grant_type="client_credentials"))["access_token"])

    async def alive(self, token: str) -> None:
        """Say that it is running, and on what."""
        body = {"os": {"kind": "linux", "name": "simulated", "version": "1"}}
        await self._expect(200, "ping_alive", "POST", "/instance/alive", headers=_bearer(token), json=body)

    async def owner(self, token: str) -> dict[str, Any] | None:
        """Who owns its workspace; None while it is unclaimed."""
        answer = await self._ask("get_owner", "GET", "/instance/owner", headers=_bearer(token))
        return None if answer.status_code == 404 else _content(answer, 200, "get_owner")

    async def workspace(self, token: str) -> dict[str, Any]:
        """Its workspace."""
        return await self._expect(
            200, "get_instance_workspace", "GET", "/instance/workspace", headers=_bearer(token)
        )

    async def start_sign_in(self) -> dict[str, Any]:
        """Ask for a user code (RFC 8628 section 3.1)."""
        form = {**self._credentials, "scope": SCOPE}
        return await self._expect(200, "device_authorize", "POST", "/oauth2/device/authorize", data=form)

    async def approve(self, pat: str, user_code: str) -> None:
        """Approve a sign-in as the owner of a personal access token would on another device."""
        await self._expect(
            200,
            "device_approve",
            "POST",
            "/oauth2/device/approve",
            params={"user_code": user_code},
            headers=_bearer(pat),
        )

    async def signed_in(self, started: dict[str, Any]) -> dict[str, Any]:
        """Poll until a person has decided or the code has expired (RFC 8628 section 3.5); the tokens."""
        interval = started["interval"]
        while True:
            form = {"grant_type": DEVICE_CODE, "device_code": started["device_code"], **self._credentials}
            answer = await self._ask("token", "POST", "/oauth2/token", data=form)
            error = _json(answer, "token").get("error") if answer.status_code == 400 else None
            if error not in ("authorization_pending", "slow_down"):
                return _content(answer, 200, "token")
            interval += _SLOWER_S if error == "slow_down" else 0
            await asyncio.sleep(interval)

    async def refreshed(self, refresh_token: str) -> dict[str, Any]:
        """The successors of its tokens (RFC 6749 section 6)."""
        return await self._token(grant_type="refresh_token", refresh_token=refresh_token)

    async def session(self, token: str) -> dict[str, Any]:
        """The session of the person who is signed in."""
        return await self._expect(200, "get_session", "GET", "/instance/user/session", headers=_bearer(token))

    async def profile(self, token: str) -> dict[str, Any]:
        """Who is signed in."""
        return await self._expect(200, "get_profile", "GET", "/instance/user/profile", headers=_bearer(token))

    async def _token(self, **form: str) -> dict[str, Any]:
        return await self._expect(200, "token", "POST", "/oauth2/token", data={**self._credentials, **form})

    async def _expect(
        self, status: int, operation: str, method: str, path: str, **what: Any
    ) -> dict[str, Any]:
        return _content(await self._ask(operation, method, path, **what), status, operation)

    async def _ask(self, operation: str, method: str, path: str, **what: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **what)
        except httpx.HTTPError as failure:
            raise Refused(
                f"{operation}: {self._http.base_url} cannot be reached ({type(failure).__name__})."
            ) from None


def _content(answer: httpx.Response, status: int, operation: str) -> dict[str, Any]:
    """The object in an answer with the published status; no body is an empty one."""
    if answer.status_code != status:
        raise Refused(f"{operation} answered {answer.status_code} instead of {status}: {_reason(answer)}")
    return _json(answer, operation) if answer.content else {}


def _json(answer: httpx.Response, operation: str) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Refused(
            f"{operation} answered {answer.status_code} without a JSON object: is this a Candor server?"
        )
    return content


def _reason(answer: httpx.Response) -> str:
    """What the server said about it, in its words."""
    try:
        content = answer.json()
        said = content.get("error_description") or content.get("message") or content.get("error")
    except (ValueError, AttributeError):
        said = None
    return str(said)[:_SHOWN] if said else "it gave no reason."


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
