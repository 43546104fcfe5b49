"""The authorization code flow as the tests play it: the client with its PKCE pair, the person who decides."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx

from contract_tests.harness.canary import MEMBER
from contract_tests.harness.instances import SCOPE, Instance, Tokens
from contract_tests.harness.stored import execute

CODE = "authorization_code"
CODE_GRANT_TYPES = [CODE, "refresh_token", "client_credentials"]
CALLBACK = "https://tool.example/callback"

Headers = Mapping[str, str]
"""The header fields that say which person a request comes from."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A verifier and its challenge (RFC 7636 section 4)."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def challenge(self) -> str:
        """For `S256`."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def register(
    http: httpx.Client, *, key: str | None, redirect_uris: tuple[str, ...] = (CALLBACK,)
) -> Instance:
    """An instance that may use the flow."""
    return Instance.register(http, key=key, grant_types=CODE_GRANT_TYPES, redirect_uris=list(redirect_uris))


def query(instance: Instance, proof: Proof, **members: str | None) -> dict[str, str]:
    """The query of a good request. Members replace what is in it, None takes it out."""
    usual = {
        "response_type": "code",
        "client_id": instance.client_id,
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "code_challenge": proof.challenge,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**usual, **members}.items() if value is not None}


def ask(instance: Instance, proof: Proof, **members: str | None) -> httpx.Response:
    """Send the browser to `authorize`."""
    asked = query(instance, proof, **members) | MEMBER
    return instance.http.get("/oauth2/authorize", params=asked)


def handle_of(answer: httpx.Response) -> str:
    """The handle with which the browser arrives at the consent page."""
    assert answer.status_code == 302, answer.text
    address = urlsplit(answer.headers["Location"])
    assert address.path == "/consent", answer.headers["Location"]
    (pair,) = parse_qsl(address.query)
    assert pair[0] == "handle"
    return pair[1]


def started(instance: Instance, proof: Proof, **members: str | None) -> str:
    """The handle of a new request."""
    return handle_of(ask(instance, proof, **members))


def information(http: httpx.Client, person: Headers, handle: str) -> httpx.Response:
    """Look at a request."""
    return http.get("/oauth2/authorization/information", params={"handle": handle}, headers=person)


def approve(http: httpx.Client, person: Headers, handle: str, scope: str | None = None) -> httpx.Response:
    """Approve a request."""
    body = {"handle": handle} | ({} if scope is None else {"scope": scope})
    return http.post("/oauth2/authorization/approve", json=body, headers=person)


def deny(http: httpx.Client, person: Headers, handle: str) -> httpx.Response:
    """Deny a request."""
    return http.post("/oauth2/authorization/deny", json={"handle": handle}, headers=person)


def visit(http: httpx.Client, person: Headers, address: str) -> str:
    """Go with a person's browser to where a client sends it, and allow what is asked there: the address to
    which the page then sends the browser.
    """
    answer = approve(http, person, handle_of(http.get(address)))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["redirect_to"])


def refuse(http: httpx.Client, person: Headers, address: str) -> str:
    """The same, allowing nothing."""
    answer = deny(http, person, handle_of(http.get(address)))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["redirect_to"])


def told(address: str) -> dict[str, str]:
    """What an address tells the client: its query."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True, strict_parsing=True))


def code_of(answer: httpx.Response) -> str:
    """The code that an approval gave."""
    assert answer.status_code == 200, answer.text
    return told(answer.json()["redirect_to"])["code"]


def granted(
    instance: Instance, proof: Proof, person: Headers, scope: str = SCOPE, **members: str | None
) -> str:
    """The code of a request that the person has approved."""
    handle = started(instance, proof, scope=scope, **members)
    return code_of(approve(instance.http, person, handle))


def form(code: str, proof: Proof, **members: str) -> dict[str, str]:
    """The form that redeems a code."""
    usual = {
        "grant_type": CODE,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": proof.verifier,
    }
    return {**usual, **members}


def redeem(instance: Instance, code: str, proof: Proof, **members: str) -> httpx.Response:
    """Exchange a code for tokens."""
    return instance.ask_token(**form(code, proof, **members))


def sign_in(instance: Instance, person: Headers, scope: str = SCOPE) -> Tokens:
    """The whole flow."""
    proof = Proof()
    answer = redeem(instance, granted(instance, proof, person, scope), proof)
    assert answer.status_code == 200, answer.text
    return Tokens(answer.json()["access_token"], answer.json().get("refresh_token", ""))


def refused_at_home(answer: httpx.Response) -> None:
    """The request was refused and nobody was sent anywhere. Raises AssertionError."""
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), answer.text
    assert "Location" not in answer.headers


def refused_at_the_client(answer: httpx.Response, error: str) -> dict[str, str]:
    """The client was told, at its callback; what it was told. Raises AssertionError."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(CALLBACK + "?")
    found = told(answer.headers["Location"])
    assert found["error"] == error
    assert "code" not in found
    return found


def expire(database_url: str, instance: Instance) -> None:
    """End the life of the instance's requests and codes."""
    execute(
        database_url,
        "UPDATE authorization_request SET expires_at = now() - interval '1 s' "
        "WHERE instance_id = (SELECT id FROM instance WHERE client_id = $1)",
        instance.client_id,
    )
