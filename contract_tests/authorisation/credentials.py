"""Credentials of every kind in every state, obtained the way their holders obtain them, and lose them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from contract_tests.fuzz.credentials import basic
from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import REFRESH, Browser
from contract_tests.harness.contract import contract
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute

EXPIRY_LIMIT_S = 20.0
HASTY_LIFE_S = 1.1

Headers = dict[str, str]
COOKIES: dict[str, Callable[[Browser], Headers]] = {
    "session": lambda browser: browser.headers,
    "session_refresh": lambda browser: {
        "Cookie": f"{REFRESH}={browser.refresh}",
        "Origin": browser.origin,
    },
}


@dataclass(frozen=True)
class Office:
    """Hands out credentials as header fields. `hasty`: one on the same database that issues them for 1 s."""

    http: httpx.Client
    hasty: httpx.Client
    admin: Administration
    database_url: str
    person: Person

    def right(self, scheme: str) -> Headers:
        """A good one. Access tokens and clients are new each time: some operations end what calls them."""
        return self._issue(scheme, self.http)

    def revoked(self, scheme: str) -> Headers:
        """One that was good, and was taken back by whoever may."""
        if scheme == "pat":
            made = self.admin.run("pat", "create", "--user", self.person.email, "--name", "lost")
            self.admin.run("pat", "revoke", "--id", made["id"])
            return bearer(made["token"])
        if scheme in COOKIES:
            browser = self.person.browser(self.http)
            assert browser.post("/api/v1/account/sign-in/end").status_code == 204
            return COOKIES[scheme](browser)
        instance = Instance.register(self.http, key=self.person.key)
        if scheme == "client_secret_basic":
            self.admin.run("instance", "delete", "--client-id", instance.client_id)
            return {"Authorization": basic(instance)}
        token = self._token(scheme, instance)
        assert instance.revoke(token).status_code == 200
        return bearer(token)

    def expired(self, scheme: str) -> Headers:
        """One whose time is over."""
        if scheme == "pat":
            made = self.admin.run(
                "pat", "create", "--user", self.person.email, "--name", "brief", "--expires-in", "1s"
            )
            credential = bearer(made["token"])
        else:
            credential = self._issue(scheme, self.hasty)
        return self._once_refused(scheme, credential)

    def under_scoped(self, scheme: str) -> Headers:
        """A good token that carries no scope at all."""
        credential = self.right(scheme)
        digest = hashlib.sha256(credential["Authorization"].partition(" ")[2].encode()).digest()
        execute(self.database_url, "UPDATE access_token SET scopes = '{}' WHERE token_hash = $1", digest)
        return credential

    def _issue(self, scheme: str, http: httpx.Client) -> Headers:
        if scheme == "pat":
            return bearer(self.person.pat)
        if scheme in COOKIES:
            return COOKIES[scheme](self.person.browser(http).at(self.http))
        instance = Instance.register(http, key=self.person.key)
        if scheme == "client_secret_basic":
            return {"Authorization": basic(instance)}
        return bearer(self._token(scheme, instance))

    def _token(self, scheme: str, instance: Instance) -> str:
        assert scheme in ("access_token", "instance_token"), f"The matrix cannot obtain a {scheme}."
        return (
            instance.own_token()
            if scheme == "instance_token"
            else instance.sign_in(self.person.pat).access_token
        )

    def _once_refused(self, scheme: str, credential: Headers) -> Headers:
        """The same credential as soon as the server sees that its time is over. It is asked about where
        asking changes nothing, or else where a good one would be used up: it is not good any more.
        """
        admitting = [
            each
            for each in contract().operations.values()
            if any(scheme in alternative for alternative in each.declared["security"])
        ]
        where = min(admitting, key=lambda each: each.method != "get")
        until = time.monotonic() + EXPIRY_LIMIT_S
        if where.method != "get":
            time.sleep(HASTY_LIFE_S)
        while time.monotonic() < until:
            answer = self.http.request(
                where.method.upper(), where.path, params={"user_code": "x"}, headers=credential
            )
            if answer.status_code == 401:
                return credential
        raise AssertionError(
            f"A {scheme} that lives for a second is still good after {EXPIRY_LIMIT_S:.0f} s."
        )
