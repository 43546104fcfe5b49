"""Credentials of every kind in every state, obtained the way their holders obtain them, and lose them."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

import httpx

from contract_tests.fuzz.credentials import basic
from contract_tests.harness.administration import Administration
from contract_tests.harness.contract import contract
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute

EXPIRY_LIMIT_S = 20.0


@dataclass(frozen=True)
class Office:
    """Hands out `Authorization` values. `hasty`: a server on the same database whose tokens live for 1 s."""

    http: httpx.Client
    hasty: httpx.Client
    admin: Administration
    database_url: str
    person: Person

    def right(self, scheme: str) -> str:
        """A good one. Access tokens and clients are new each time: some operations end what calls them."""
        return self._issue(scheme, self.http)

    def revoked(self, scheme: str) -> str:
        """One that was good, and was taken back by whoever may."""
        if scheme == "pat":
            made = self.admin.run("pat", "create", "--user", self.person.email, "--name", "lost")
            self.admin.run("pat", "revoke", "--id", made["id"])
            return bearer(made["token"])["Authorization"]
        instance = Instance.register(self.http, key=self.person.key)
        if scheme == "client_secret_basic":
            self.admin.run("instance", "delete", "--client-id", instance.client_id)
            return basic(instance)
        token = self._token(scheme, instance)
        assert instance.revoke(token).status_code == 200
        return bearer(token)["Authorization"]

    def expired(self, scheme: str) -> str:
        """One whose time is over."""
        if scheme == "pat":
            made = self.admin.run(
                "pat", "create", "--user", self.person.email, "--name", "brief", "--expires-in", "1s"
            )
            authorization = bearer(made["token"])["Authorization"]
        else:
            authorization = self._issue(scheme, self.hasty)
        return self._once_refused(scheme, authorization)

    def under_scoped(self, scheme: str) -> str:
        """A good token that carries no scope at all."""
        authorization = self.right(scheme)
        digest = hashlib.sha256(authorization.partition(" ")[2].encode()).digest()
        execute(self.database_url, "UPDATE access_token SET scopes = '{}' WHERE token_hash = $1", digest)
        return authorization

    def _issue(self, scheme: str, http: httpx.Client) -> str:
        if scheme == "pat":
            return bearer(self.person.pat)["Authorization"]
        instance = Instance.register(http, key=self.person.key)
        return (
            basic(instance)
            if scheme == "client_secret_basic"
            else bearer(self._token(scheme, instance))["Authorization"]
        )

    def _token(self, scheme: str, instance: Instance) -> str:
        assert scheme in ("access_token", "instance_token"), f"The matrix cannot obtain a {scheme}."
        return (
            instance.own_token()
            if scheme == "instance_token"
            else instance.sign_in(self.person.pat).access_token
        )

    def _once_refused(self, scheme: str, authorization: str) -> str:
        """The same credential as soon as the server sees that its time is over."""
        path = next(
            each.path
            for each in contract().operations.values()
            if each.method == "get"
            and any(scheme in alternative for alternative in each.declared["security"])
        )
        until = time.monotonic() + EXPIRY_LIMIT_S
        while time.monotonic() < until:
            if (
                self.http.get(
                    path, params={"user_code": "x"}, headers={"Authorization": authorization}
                ).status_code
                == 401
            ):
                return authorization
        raise AssertionError(
            f"A {scheme} that lives for a second is still good after {EXPIRY_LIMIT_S:.0f} s."
        )
