"""What the linter from npm passes over is found too: header fields, links, answers without operation."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from contract_tests.contract_lint import findings
from contract_tests.harness.contract import Contract, contract


def retry_after_in_words(document: dict[str, Any]) -> None:
    document["components"]["headers"]["Retry-After"]["example"] = "soon"


def links_of_a_device_flow(document: dict[str, Any]) -> dict[str, Any]:
    links: dict[str, Any] = document["paths"]["/oauth2/device/authorize"]["post"]["responses"]["200"]["links"]
    return links


def link_to_nowhere(document: dict[str, Any]) -> None:
    links_of_a_device_flow(document)["poll"]["operationId"] = "tokens"


def link_with_a_parameter_too_many(document: dict[str, Any]) -> None:
    links_of_a_device_flow(document)["approve_request"]["parameters"]["query.scopes"] = "profile:read"


def link_with_a_body_for_a_get(document: dict[str, Any]) -> None:
    links_of_a_device_flow(document)["look_at_request"]["requestBody"] = {}


def outside_without_a_request_id(document: dict[str, Any]) -> None:
    document["x-outside-operations"]["404"] = {"description": "Nothing.", "content": {"text/plain": {}}}


@pytest.mark.parametrize(
    ("break_it", "complaints"),
    [
        (retry_after_in_words, ["header Retry-After: the example"]),
        (link_to_nowhere, ["device_authorize: response 200: link poll: it leads to no operation"]),
        (
            link_with_a_parameter_too_many,
            ["link approve_request: device_approve has no parameter query.scopes"],
        ),
        (link_with_a_body_for_a_get, ["link look_at_request: device_information takes no body"]),
        (
            outside_without_a_request_id,
            [
                "response 404: it has no X-Request-Id",
                "response 404: an error that is not application/problem+json, and a page at most",
            ],
        ),
    ],
)
def test_a_breach_is_found(break_it: Callable[[dict[str, Any]], None], complaints: list[str]) -> None:
    document = deepcopy(dict(contract().document))
    break_it(document)
    found = list(findings(Contract(document)))
    assert len(found) == len(complaints)
    assert all(complaint in line for complaint, line in zip(complaints, found, strict=True))


def test_the_contract_has_none() -> None:
    assert list(findings(contract())) == []
