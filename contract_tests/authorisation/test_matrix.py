"""Each operation of the contract × each credential. What must come of it is derived from `security` alone."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import cache

import httpx
import pytest

from contract_tests.authorisation import expectation
from contract_tests.authorisation.credentials import Office
from contract_tests.authorisation.expectation import Expected, expected
from contract_tests.authorisation.requests import Request, spoiled, well_formed
from contract_tests.harness.contract import contract

OPERATIONS = list(contract().operations)
SCHEMES = expectation.schemes()
BEARER = [name for name, is_bearer in SCHEMES.items() if is_bearer]
COOKIES = [name for name in SCHEMES if expectation.cookie_of(name)]
Credential = Mapping[str, str | bytes]
# What an operation may say after its security let the request through.
ASKS_FOR_MORE = {"invalid_client", "wrong_password", "wrong_current_password"}

MALFORMED = {
    "empty": b"",
    "no-scheme": b"abc",
    "other-scheme": b"Token abc",
    "bearer-without-token": b"Bearer",
    "bearer-two-tokens": b"Bearer abc def",
    "bearer-not-ascii": "Bearer é".encode("latin-1"),
    "bearer-not-ours": b"Bearer abc",
    "bearer-endless": b"Bearer " + b"a" * 5000,
    "basic-without-credentials": b"Basic",
    "basic-not-base64": b"Basic !!!",
    "basic-without-colon": b"Basic " + base64.b64encode(b"abc"),
}


def send(office: Office, request: Request, *credentials: Credential) -> httpx.Response:
    presented = [pair for each in credentials for pair in each.items()]
    return office.http.request(
        request.method,
        request.url,
        content=request.content,
        headers=[*request.headers.items(), *presented],  # type: ignore[arg-type]
    )


def holds(office: Office, operation_id: str, outcome: Expected, *credentials: Credential) -> None:
    """Send the well-formed request and, where it is to be refused, a spoiled one: the refusal comes first."""
    operation = contract().operations[operation_id]
    answer = send(office, well_formed(operation), *credentials)
    if outcome.public:
        assert answer.status_code == send(office, well_formed(operation)).status_code
        assert "WWW-Authenticate" not in answer.headers or answer.status_code == 401
    elif outcome.status is None:
        let_through(answer)
    else:
        others = [send(office, spoiled(operation), *credentials)] if outcome.first else []
        for each in (answer, *others):
            assert each.status_code == outcome.status, each.text
            assert each.headers.get("WWW-Authenticate") == outcome.challenge


def let_through(answer: httpx.Response) -> None:
    """The credential opened the operation. It may still ask for the client itself (RFC 6749 section 5.2)."""
    assert answer.status_code < 500, answer.text
    if answer.status_code in (401, 403):
        assert answer.json()["error"] in ASKS_FOR_MORE, answer.text
        assert "Authorization" not in answer.request.headers, answer.text


@pytest.mark.parametrize("operation_id", OPERATIONS)
class TestEveryOperation:
    def test_without_credential(self, office: Office, operation_id: str) -> None:
        holds(office, operation_id, outcome(operation_id, expectation.NONE))

    @pytest.mark.parametrize("name", MALFORMED)
    def test_malformed(self, office: Office, operation_id: str, name: str) -> None:
        holds(
            office,
            operation_id,
            outcome(operation_id, expectation.MALFORMED),
            {"Authorization": MALFORMED[name]},
        )

    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_doubled(self, office: Office, operation_id: str, scheme: str) -> None:
        right = shared(office.right, scheme)
        cookie = expectation.cookie_of(scheme)
        doubled = (
            [right, right] if cookie is None else [{**right, "Cookie": f"{right['Cookie']}; {cookie}=x"}]
        )
        what = outcome(operation_id, expectation.DOUBLED, scheme if cookie else None)
        holds(office, operation_id, what, *doubled)

    @pytest.mark.parametrize("scheme", [*BEARER, *COOKIES])
    def test_expired(self, office: Office, operation_id: str, scheme: str) -> None:
        holds(
            office,
            operation_id,
            outcome(operation_id, expectation.UNKNOWN, scheme),
            shared(office.expired, scheme),
        )

    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_revoked(self, office: Office, operation_id: str, scheme: str) -> None:
        holds(
            office,
            operation_id,
            outcome(operation_id, expectation.UNKNOWN, scheme),
            shared(office.revoked, scheme),
        )

    def test_a_client_that_nobody_knows(self, office: Office, operation_id: str) -> None:
        nobody = b"Basic " + base64.b64encode(b"abc:def")
        holds(
            office,
            operation_id,
            outcome(operation_id, expectation.UNKNOWN, "client_secret_basic"),
            {"Authorization": nobody},
        )

    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_right_here_or_somewhere_else(self, office: Office, operation_id: str, scheme: str) -> None:
        what = outcome(operation_id, expectation.RIGHT, scheme)
        holds(office, operation_id, what, obtained(office.right, scheme, what))

    @pytest.mark.parametrize("scheme", [each for each in BEARER if each != "pat"])
    def test_without_scopes(self, office: Office, operation_id: str, scheme: str) -> None:
        what = outcome(operation_id, expectation.UNDER_SCOPED, scheme)
        holds(office, operation_id, what, obtained(office.under_scoped, scheme, what))


def outcome(operation_id: str, state: str, scheme: str | None = None) -> Expected:
    return expected(contract().operations[operation_id], state, scheme)


def obtained(obtain: Callable[[str], dict[str, str]], scheme: str, what: Expected) -> dict[str, str]:
    """A credential of its own where the operation may change it. Where it is to refuse it, that of all:
    an operation that uses it up instead has not refused it, and fails its test.
    """
    return obtain(scheme) if what.public or what.status is None else shared(obtain, scheme)


@cache
def shared(obtain: Callable[[str], dict[str, str]], scheme: str) -> dict[str, str]:
    """Credentials that no operation can change are obtained once."""
    return obtain(scheme)
