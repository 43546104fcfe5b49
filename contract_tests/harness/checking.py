"""HTTP clients that hold every answer they get against the contract.

The whole suite speaks through them, so an answer that the contract does not declare fails the test that got
it, whatever that test was about. Each answer of the server that held is also written down as its pair of
operation and status: `contract_tests/coverage` asks whether all that is declared was reached.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpx

from contract_tests.harness import records
from contract_tests.harness.canary import HEADERS
from contract_tests.harness.contract import Contract, ContractBroken, contract

ANSWERS = "answers"  # the kind of record: a line for each answer that held, `operation status`


class CheckedClient(httpx.Client):
    """A client of one server. Redirects are not followed; streams are checked up to their head.

    Every request carries a canary in header fields that nobody asked for, unless the client is given others.
    """

    def __init__(self, **options: Any) -> None:
        """`options` as for httpx.Client."""
        super().__init__(**{"verify": trusted(), **options})
        _mark(self, options)

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send, then check the answer. Raises ContractBroken."""
        response = super().send(request, stream=stream, **options)
        check(response, body=not stream)
        return response


class AsyncCheckedClient(httpx.AsyncClient):
    """The same for many calls at once."""

    def __init__(self, **options: Any) -> None:
        """`options` as for httpx.AsyncClient."""
        super().__init__(**{"verify": trusted(), **options})
        _mark(self, options)

    async def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send, then check the answer. Raises ContractBroken."""
        response = await super().send(request, stream=stream, **options)
        check(response, body=not stream)
        return response


@cache
def trusted() -> ssl.SSLContext:
    """Whom httpx's own clients trust. Each would read that list of authorities again, which takes longer than
    the calls of most tests."""
    return httpx.create_ssl_context()


def _mark(client: httpx.Client | httpx.AsyncClient, options: Mapping[str, Any]) -> None:
    # What a server sets, a test presents by itself (`harness.browsers`): one client is many people.
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    given = httpx.Headers(options.get("headers"))
    client.headers.update({name: value for name, value in HEADERS.items() if name not in given})


def check(response: httpx.Response, *, body: bool = True, against: Contract | None = None) -> None:
    """Hold an answer against the contract: status, header fields, media type, body. Raises ContractBroken.

    Written down is what was checked whole and came from a server of this repository's contract: no answer
    to HEAD, no head of a stream, and nothing `against` another contract.
    """
    rules = against or contract()
    request = response.request
    path = request.url.raw_path.partition(b"?")[0].decode("ascii")
    operation_id = rules.operation_at(request.method, path)
    status = str(response.status_code)
    what = f"{operation_id} ({request.method} {path}) {status}"

    declared = rules.responses_of(operation_id).get(status)
    if declared is None:
        raise ContractBroken(f"{what}: the status is not declared. {response.text[:500] if body else ''}")
    _check_headers(rules, declared, response, what)
    if not body:
        return
    bodiless = request.method == "HEAD" or not declared.get("content")
    if bodiless and response.content:
        raise ContractBroken(f"{what}: there is a body, and none is declared.")
    if not bodiless:
        _check_body(rules, declared["content"], response, what)
    if against is None and request.method != "HEAD":
        records.append(ANSWERS, f"{operation_id} {status}")


def _check_headers(rules: Contract, declared: Any, response: httpx.Response, what: str) -> None:
    for name, reference in declared.get("headers", {}).items():
        header = rules.resolve(reference)
        values = response.headers.get_list(name)
        if not values:
            if header.get("required"):
                raise ContractBroken(f"{what}: the header field {name} is missing.")
            continue
        text = ", ".join(values)
        schema = header["schema"]
        value: object = int(text) if schema.get("type") == "integer" and text.isdecimal() else text
        rules.check_value(schema, value, f"{what}: the header field {name}")


def _check_body(rules: Contract, content: Any, response: httpx.Response, what: str) -> None:
    media_type = response.headers.get("content-type", "")
    if media_type not in content:
        raise ContractBroken(f"{what}: the media type {media_type!r} is not declared.")
    schema = content[media_type].get("schema")
    if schema is None:
        return
    essence = media_type.partition(";")[0].strip()
    if essence == "application/json" or essence.endswith("+json"):
        value = json.loads(response.content)
        rules.check_value(schema, value, f"{what}: the body")
        if response.is_error and value["request_id"] != response.headers["X-Request-Id"]:
            raise ContractBroken(f"{what}: the body has another request id than the header.")
    elif essence.startswith("text/"):
        rules.check_value(schema, response.text, f"{what}: the body")
