"""Installed copies as the tests play them: they speak to a running server over HTTP, like the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from contract_tests.harness.canary import MEMBER

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = [DEVICE_CODE, "refresh_token", "client_credentials"]
SCOPE = "profile:read assistant offline"


@dataclass(frozen=True, slots=True)
class DeviceFlow:
    """A started device authorization."""

    device_code: str
    user_code: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave."""

    access_token: str
    refresh_token: str

    @property
    def bearer(self) -> dict[str, str]:
        """The Authorization header."""
        return bearer(self.access_token)


@dataclass(frozen=True, slots=True)
class Instance:
    """A registered instance and the client it speaks through."""

    http: httpx.Client
    client_id: str
    client_secret: str

    @classmethod
    def register(cls, http: httpx.Client, *, key: str | None = None, **members: Any) -> Instance:
        """Register, with a registration key or unclaimed."""
        body = {"grant_types": GRANT_TYPES, "scope": SCOPE, **MEMBER, **members}
        if key is not None:
            body["instance_registration_key"] = key
        answer = http.post("/oauth2/register", json=body)
        assert answer.status_code == 201, answer.text
        return cls(http, answer.json()["client_id"], answer.json()["client_secret"])

    @property
    def credentials(self) -> dict[str, str]:
        """For `client_secret_post`."""
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    def own_token(self) -> str:
        """A token for the instance itself."""
        answer = self.ask_token(grant_type="client_credentials")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def start_device_flow(self, scope: str = SCOPE) -> DeviceFlow:
        """Ask for a user code."""
        answer = self.http.post(
            "/oauth2/device/authorize", data={**self.credentials, **MEMBER, "scope": scope}
        )
        assert answer.status_code == 200, answer.text
        return DeviceFlow(answer.json()["device_code"], answer.json()["user_code"])

    def poll(self, flow: DeviceFlow) -> httpx.Response:
        """Ask for the tokens of a device flow."""
        return self.ask_token(grant_type=DEVICE_CODE, device_code=flow.device_code)

    def refresh(self, refresh_token: str) -> httpx.Response:
        """Ask for the successors of a refresh token."""
        return self.ask_token(grant_type="refresh_token", refresh_token=refresh_token)

    def ask_token(self, **form: str) -> httpx.Response:
        """Any request to the token endpoint."""
        return self.http.post("/oauth2/token", data={**self.credentials, **MEMBER, **form})

    def revoke(self, token: str) -> httpx.Response:
        """Revoke a token (RFC 7009)."""
        return self.http.post("/oauth2/revoke", data={**self.credentials, **MEMBER, "token": token})

    def sign_in(self, pat: str, scope: str = SCOPE) -> Tokens:
        """A whole device flow, approved by the owner of a personal access token."""
        flow = self.start_device_flow(scope)
        approved = approve(self.http, pat, flow.user_code)
        assert approved.status_code == 200, approved.text
        answer = self.poll(flow)
        assert answer.status_code == 200, answer.text
        return Tokens(answer.json()["access_token"], answer.json().get("refresh_token", ""))


def approve(http: httpx.Client, pat: str, user_code: str, scope: str | None = None) -> httpx.Response:
    """Approve a device flow as the owner of a personal access token."""
    query = {"user_code": user_code} if scope is None else {"user_code": user_code, "scope": scope}
    return http.post("/oauth2/device/approve", params=query, headers=bearer(pat))


def deny(http: httpx.Client, pat: str, user_code: str) -> httpx.Response:
    """Deny a device flow."""
    return http.post("/oauth2/device/deny", params={"user_code": user_code}, headers=bearer(pat))


def information(http: httpx.Client, pat: str, user_code: str) -> httpx.Response:
    """Look at a device flow."""
    return http.get("/oauth2/device/information", params={"user_code": user_code}, headers=bearer(pat))


def bearer(token: str) -> dict[str, str]:
    """The Authorization header of a bearer token."""
    return {"Authorization": f"Bearer {token}"}
