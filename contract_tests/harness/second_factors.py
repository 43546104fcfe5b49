"""People with second factors: setting one up and signing in with it, as the pages do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from contract_tests.harness.authenticators import App, Passkey
from contract_tests.harness.browsers import FIREFOX, Browser, origin_of, post_sign_in
from contract_tests.harness.people import PASSWORD, Person

AT = "/api/v1/account/second-factor"
COMPLETE = "/api/v1/account/sign-in/complete"


@dataclass(frozen=True, slots=True)
class Holder:
    """A person, and the browser that the factors are set up with."""

    person: Person
    browser: Browser

    @classmethod
    def sign_in(cls, http: httpx.Client, person: Person) -> Holder:
        """With the password alone."""
        return cls(person, person.browser(http))

    @property
    def origin(self) -> str:
        """The origin of the server's pages."""
        return self.browser.origin

    def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """POST below the second factor's address; the password unless a body is given."""
        return self.browser.post(f"{AT}{path}", json={"password": PASSWORD} if body is None else body)

    def overview(self) -> dict[str, Any]:
        """What `get_second_factor` answers."""
        answer = self.browser.get(AT)
        assert answer.status_code == 200, answer.text
        overview: dict[str, Any] = answer.json()
        return overview

    def start_totp(self) -> App:
        """An app that is not in force yet."""
        answer = self.post("/totp")
        assert answer.status_code == 200, answer.text
        return App(answer.json()["secret"])

    def with_totp(self) -> tuple[App, list[str]]:
        """An app in force, its present code used up and its next one not, and the recovery codes."""
        app = self.start_totp()
        answer = self.post("/totp/confirm", {"code": app.code()})
        assert answer.status_code == 200, answer.text
        return app, answer.json()["recovery_codes"]

    def passkey_options(self) -> dict[str, Any]:
        """What `start_passkey` answers."""
        answer = self.post("/passkeys/start")
        assert answer.status_code == 200, answer.text
        options: dict[str, Any] = answer.json()["options"]
        return options

    def with_passkey(self, name: str = "Key", **making: Any) -> tuple[Passkey, dict[str, Any]]:
        """A passkey that is stored, and what `finish_passkey` answered."""
        options = self.passkey_options()
        passkey = Passkey.create(options, **making)
        answer = self.finish_passkey(passkey.registration(options, self.origin), name)
        assert answer.status_code == 201, answer.text
        return passkey, answer.json()

    def finish_passkey(self, credential: dict[str, Any], name: str = "Key") -> httpx.Response:
        """Hand in what the browser answered."""
        return self.post("/passkeys", {"name": name, "credential": credential})

    def ticket(self) -> dict[str, Any]:
        """What `sign_in` answers to the password."""
        answer = post_sign_in(self.browser.http, self.person.email, PASSWORD)
        assert answer.status_code == 200, answer.text
        assert "set-cookie" not in answer.headers
        asked: dict[str, Any] = answer.json()
        assert asked["signed_in"] is False
        return asked

    def complete(self, ticket: dict[str, Any], **second: Any) -> httpx.Response:
        """The second step, with one of `totp`, `recovery_code`, `passkey`."""
        return complete(self.browser.http, {"ticket": ticket["ticket"], **second})


def complete(http: httpx.Client, body: dict[str, Any]) -> httpx.Response:
    """Complete a sign-in from the server's own page."""
    return http.post(COMPLETE, json=body, headers={"Origin": origin_of(http), "User-Agent": FIREFOX})
