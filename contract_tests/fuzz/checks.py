"""What Schemathesis cannot know and Candor promises all the same: one check each, run on every answer.

A check raises AssertionError with a sentence. Each of them is shown to catch what it is for by
`test_checks.py`, on a server that misbehaves on purpose.
"""

from __future__ import annotations

import json
import re
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PROBLEM = "application/problem+json"
PROBLEM_MEMBERS = {"type", "title", "status", "code", "error", "message", "request_id"}
OAUTH_MEMBERS = {"error", "error_description", "request_id"}

# What a traceback, a repr or a library's own message looks like. Our own sentences have none of it.
PYTHON = re.compile(
    rb"""Traceback\ \(most\ recent | File\ "[^"]*\.py" | \.py:\d+ | \bline\ \d+,\ in\b | site-packages
      | <class\ ' | \ object\ at\ 0x | \b[A-Z][A-Za-z]*(?:Error|Exception)\b
      | \b(?:asyncpg|sqlalchemy|sqlmodel|connexion|starlette|uvicorn|jsonschema|pydantic|orjson|psycopg)\b""",
    re.VERBOSE,
)

# The members that carry secrets, and the shortest value that cannot occur in a sentence by chance.
SECRET_MEMBERS = (
    "client_secret", "device_code", "refresh_token", "token", "instance_registration_key", "code", "handle",
)  # fmt: skip
SHORTEST_SECRET = 12


@schemathesis.check
def problem_json(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every failure has the contract's shape: a problem document, or RFC 6749's error below `/oauth2/`."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    media_type, members = _header(response, "content-type"), _object(response)
    if media_type == PROBLEM:
        missing = PROBLEM_MEMBERS - members.keys()
        assert not missing, f"A problem document without {sorted(missing)}."
        assert members["status"] == members["code"] == response.status_code, "The body names another status."
    else:
        assert media_type == "application/json", f"A failure in {media_type!r}."
        assert case.operation.path.startswith("/oauth2/"), "An OAuth error outside of OAuth."
        missing = OAUTH_MEMBERS - members.keys()
        assert not missing, f"An OAuth error without {sorted(missing)}."
        assert _header(response, "cache-control") == "no-store", "An OAuth error that may be cached."
    assert members["request_id"] == _header(response, "x-request-id"), (
        "Body and header name different requests."
    )


@schemathesis.check
def challenge_on_401(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """401 says how to authenticate (RFC 9110 section 11.6.1), with `error` only about a presented token."""
    challenge = _header(response, "www-authenticate")
    if response.status_code == 401:
        assert challenge, "401 without WWW-Authenticate."
        presented = {"Authorization", "Cookie"} & set(response.request.headers)
        assert presented or "error=" not in challenge, "A challenge with an error about no credential."
    elif response.status_code == 403:
        assert not challenge or 'error="insufficient_scope"' in challenge, "403 with a challenge of 401."
    else:
        assert not challenge, f"{response.status_code} with WWW-Authenticate."


@schemathesis.check
def no_undeclared_redirect(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """No address is corrected behind the caller's back: a 3xx is one that the operation declares."""
    if 300 <= response.status_code < 400:
        declared = {str(status) for status in case.operation.definition.raw.get("responses", {})}
        assert str(response.status_code) in declared, (
            f"{response.status_code} to {_header(response, 'location')!r}."
        )
        conditional = "If-None-Match" in response.request.headers
        assert response.status_code != 304 or conditional, "304 to a request without a condition."


@schemathesis.check
def no_python_leak(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """No failure shows what the server is made of, and none repeats a secret that it was sent."""
    if response.status_code < 400:
        return
    shown = (
        response.content
        + b"\n"
        + b"\n".join(
            value.encode("latin-1", "replace") for values in response.headers.values() for value in values
        )
    )
    leak = PYTHON.search(shown)
    assert leak is None, f"The answer shows its inside: {leak.group()!r}." if leak else ""
    for secret in _secrets_sent(response, case):
        assert secret.encode("utf-8", "replace") not in shown, "The answer repeats a secret of the request."


@schemathesis.check
def exact_allow(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """405 and OPTIONS name the methods that the path declares, no more and no fewer."""
    declared = case.operation.schema.raw_schema["paths"][case.operation.path]
    answers_options = case.method == "OPTIONS" and "options" not in declared
    if response.status_code == 405 or (answers_options and response.status_code == 204):
        allowed = {method.strip() for method in _header(response, "allow").split(",")}
        methods = {method.upper() for method in declared if method in METHODS}
        assert allowed == methods, f"Allow: {sorted(allowed)}, declared: {sorted(methods)}."


@schemathesis.check
def refusal_has_a_reason(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that matches the contract is never answered that it does not: no 400 with places in it."""
    if response.status_code == 400 and case.meta is not None and case.meta.generation.mode.is_positive:
        errors = _object(response).get("errors")
        assert not errors, f"The request matches the contract, and is refused for {errors}."


def _header(response: Response, name: str) -> str:
    return ", ".join(response.headers.get(name, []))


def _object(response: Response) -> dict[str, Any]:
    try:
        value = json.loads(response.content)
    except ValueError:
        raise AssertionError("A failure whose body is not JSON.") from None
    assert isinstance(value, dict), "A failure whose body is not an object."
    return value


def _secrets_sent(response: Response, case: Case[Any]) -> list[str]:
    sent = [str(response.request.headers.get("Authorization", "")).partition(" ")[2]]
    if isinstance(case.body, dict):
        sent += [value for name in SECRET_MEMBERS if isinstance(value := case.body.get(name), str)]
    return [value for value in sent if len(value) >= SHORTEST_SECRET]
