"""The device flow from the instance's side, as small as the page tests need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True)
class Asking:
    """An instance that has shown a code and waits."""

    client: CheckedClient
    credentials: dict[str, str]
    user_code: str
    device_code: str

    def poll(self) -> dict[str, Any]:
        """What the token endpoint says now."""
        data = {**self.credentials, "grant_type": DEVICE_CODE, "device_code": self.device_code}
        answer: dict[str, Any] = self.client.post("/oauth2/token", data=data).json()
        return answer


@dataclass(frozen=True)
class Flow:
    """A person of a server, with a token, and a registration key for instances of theirs."""

    client: CheckedClient
    token: str
    registration_key: str

    @classmethod
    def of(cls, client: CheckedClient, admin: Administration, *, username: str) -> Self:
        """Make the person."""
        email = f"{username}@example.org"
        admin.run("user", "create", "--email", email, "--username", username, "--name", "Ada", "--verified")
        token = admin.run("pat", "create", "--user", email, "--name", "pages")["token"]
        key = admin.run("registration-key", "create", "--user", email, "--prefix", "lab", "--reusable")["key"]
        return cls(client, token, key)

    def asking(
        self, *, scope: str = "profile:read offline assistant", claimed: bool = True, **registered: object
    ) -> Asking:
        """A new instance that has just started the device flow; `registered` goes into its registration."""
        key = {"instance_registration_key": self.registration_key} if claimed else {}
        registration = self.client.post(
            "/oauth2/register",
            json={"grant_types": [DEVICE_CODE, "refresh_token"], "scope": scope, **key, **registered},
        ).json()
        credentials = {name: registration[name] for name in ("client_id", "client_secret")}
        started = self.client.post("/oauth2/device/authorize", data={**credentials, "scope": scope}).json()
        return Asking(self.client, credentials, started["user_code"], started["device_code"])
