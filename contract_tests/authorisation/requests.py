"""Requests made from the contract's examples: one that is well formed, and one that is wrong in every way."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from contract_tests.harness.contract import Operation, contract

FORM = "application/x-www-form-urlencoded"
CLIENT = ("client_id", "client_secret")


@dataclass(frozen=True, slots=True)
class Request:
    """Everything of a request but its credential."""

    method: str
    url: str
    content: bytes | None
    headers: Mapping[str, str]


def well_formed(operation: Operation, *, client: bool = False) -> Request:
    """The operation's own examples. The client's id and secret only if asked for: the credential is the
    test's.
    """
    path, query = operation.path, {}
    for parameter in map(contract().resolve, operation.declared.get("parameters", [])):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(parameter["example"]), safe=""))
        elif parameter["in"] == "query" and parameter.get("required"):
            query[parameter["name"]] = parameter["example"]
    url = path + (f"?{urlencode(query)}" if query else "")
    for media_type, content in operation.declared.get("requestBody", {}).get("content", {}).items():
        body = {name: value for name, value in _example(content).items() if client or name not in CLIENT}
        raw = urlencode(body) if media_type == FORM else json.dumps(body)
        return Request(operation.method.upper(), url, raw.encode(), {"Content-Type": media_type})
    return Request(operation.method.upper(), url, None, {})


def spoiled(operation: Operation) -> Request:
    """The same path, with an undeclared query parameter and a body of a media type that nobody reads."""
    request = well_formed(operation)
    content = None if operation.method == "get" else b"\xff{"
    url = request.url.partition("?")[0] + "?user_code=&no-such-parameter=%00"
    return Request(request.method, url, content, {"Content-Type": "text/nothing"})


def _example(content: Mapping[str, Any]) -> dict[str, Any]:
    """The example of a body, with a username that nobody has: it can be given out once."""
    example = content.get("example") or next(iter(content["examples"].values()))["value"]
    free = {"username": f"ada-{secrets.token_hex(4)}"} if "username" in example else {}
    return {**example, **free}
