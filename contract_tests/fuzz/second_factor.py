"""The fuzzer's second factor: one passkey whose key is always the same, so that every process that fuzzes for
a person can sign in, whichever of them made the passkey and whether it is still there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from contract_tests.harness.authenticators import App, Passkey, unbase64url
from contract_tests.harness.browsers import Browser, post_sign_in
from contract_tests.harness.second_factors import AT

_ID = b"the fuzzer's passkey"


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """The person who is fuzzed for, signed in."""

    browser: Browser
    login: str
    password: str

    @property
    def origin(self) -> str:
        """The origin of the server's pages."""
        return self.browser.origin

    def post(self, path: str, **body: object) -> httpx.Response:
        """POST below the second factor's address."""
        return self.browser.post(f"{AT}{path}", json=body)

    def ticket(self) -> dict[str, Any]:
        """What `sign_in` answers to the password."""
        asked: dict[str, Any] = post_sign_in(self.browser.http, self.login, self.password).json()
        return asked

    def start_totp(self) -> App:
        """An app that is not in force yet, in place of one that is."""
        self.post("/totp/remove", password=self.password)
        answer = self.post("/totp", password=self.password)
        assert answer.status_code == 200, answer.text
        return App(answer.json()["secret"])


def second_step(asked: dict[str, Any], origin: str) -> dict[str, Any]:
    """The body of `complete_sign_in` for a ticket."""
    options = asked["passkey"]
    return {"ticket": asked["ticket"], "passkey": _passkey(options["rpId"]).assertion(options, origin)}


def made(holder: Fuzzed) -> str:
    """The id of the person's passkey, which is made if it is not there."""
    there = holder.browser.get(AT).json()["passkeys"]
    if there:
        return str(there[0]["id"])
    answer = holder.post("/passkeys", name="Fuzz", credential=_asked_for(holder))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["passkey"]["id"])


def handed_in(holder: Fuzzed) -> dict[str, Any]:
    """What the browser answers when it has been asked for a passkey, and there is none yet."""
    for each in holder.browser.get(AT).json()["passkeys"]:
        holder.post(f"/passkeys/{each['id']}/remove", password=holder.password)
    return _asked_for(holder)


def _asked_for(holder: Fuzzed) -> dict[str, Any]:
    answer = holder.post("/passkeys/start", password=holder.password)
    assert answer.status_code == 200, answer.text
    options = answer.json()["options"]
    passkey = _passkey(options["rp"]["id"])
    passkey.user_handle = unbase64url(options["user"]["id"])
    return passkey.registration(options, holder.origin)


def _passkey(rp_id: str) -> Passkey:
    key = ec.derive_private_key(2026, ec.SECP256R1())
    return Passkey(rp_id, b"", key, id=_ID, counts=False)
