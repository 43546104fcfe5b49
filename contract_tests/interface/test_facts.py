"""The contract against the table of what installed clients speak.

Inputs may be wider than the table, apart from bounds on size and characters; outputs may hold more. Whether
one schema covers another is proven, not sampled; what cannot be proven fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from api.contract.differences.narrowing import Direction, Kind, narrowings
from api.contract.differences.schemas import Schema, alone
from contract_tests.harness.contract import Operation, contract
from contract_tests.interface.facts import PENDING, Fact, error_types, facts
from contract_tests.interface.publication import published

FACTS = facts()
HELD = sorted(FACTS.keys() & contract().operations.keys())
TEXT = "^[^\\u0000]*$"  # PostgreSQL's text holds no NUL; nothing that a client sent on purpose has one
PAGE = "text/html; charset=utf-8"  # for people; clients read the document beside it
LOST = {
    Kind.VALUES: "differs in its type",
    Kind.PRESENCE: "is required on the wrong side",
    Kind.MEMBER: "is not {}",
    Kind.OPENNESS: "refuses members",
}


def pending(what: str) -> list[str]:
    found: list[str] = yaml.safe_load(PENDING.read_text())[what]
    return found


def deviations(fact: Fact) -> Iterator[str]:
    """Where the contract's operation is less than the table's."""
    operation = contract().operations[fact.operation_id]
    if (operation.method, operation.path) != (fact.method, fact.path):
        yield "is called in another way"
    yield from _of_parameters(fact, operation)
    yield from _of_body(fact, operation)
    yield from _of_answers(fact)
    yield from _of_security(fact, operation)


def _of_parameters(fact: Fact, operation: Operation) -> Iterator[str]:
    declared = {
        (each["in"], each["name"]): each
        for each in map(contract().resolve, operation.declared.get("parameters", []))
    }
    for key in declared.keys() - fact.parameters.keys():
        if declared[key].get("required", False):
            yield f"{key[0]} {key[1]} must be sent"
    for key, (required, schema) in fact.parameters.items():
        if key not in declared:
            yield f"{key[0]} {key[1]} is not read"
            continue
        if declared[key].get("required", False) and not required:
            yield f"{key[0]} {key[1]} must be sent"
        yield from _compared(f"{key[0]} {key[1]}", schema, declared[key]["schema"], Direction.INPUT)


def _of_body(fact: Fact, operation: Operation) -> Iterator[str]:
    declared = contract().resolve(operation.declared.get("requestBody", {}))
    if fact.body is None:
        if declared.get("required", False):
            yield "a body must be sent"
        return
    media_type, required, schema = fact.body
    if declared.get("required", False) and not required:
        yield "the body must be sent"
    if media_type not in declared.get("content", {}):
        yield f"a body of {media_type} is not read"
        return
    yield from _compared("body", schema, declared["content"][media_type]["schema"], Direction.INPUT)


def _of_answers(fact: Fact) -> Iterator[str]:
    declared = contract().responses_of(fact.operation_id)
    for status, schema in fact.answers.items():
        if status not in declared:
            yield f"answer {status} is not given"
        elif schema is not None:
            content = declared[status].get("content", {}).get("application/json", {"schema": True})
            yield from _compared(f"answer {status}", schema, content["schema"], Direction.OUTPUT)
    for status in fact.errors:
        if status not in declared:
            yield f"answer {status} is not given"


def _of_security(fact: Fact, operation: Operation) -> Iterator[str]:
    ways = operation.declared["security"] or [{}]
    for who in fact.admits:
        if not any(
            all(set(way[scheme]) <= set(who.get(scheme, [])) and scheme in who for scheme in way)
            for way in ways
        ):
            yield f"does not admit {who}"


def _compared(place: str, listed: Any, declared: Any, direction: Direction) -> Iterator[str]:
    whole = alone(contract().document, declared)
    if direction is Direction.INPUT:
        whole = Schema(_without_bounds(whole.body), {})
    missing = {Direction.INPUT: "read", Direction.OUTPUT: "answered"}[direction]
    for each in narrowings(Schema(listed, {}), whole, direction):
        values = f": {each.values}" if each.values else ""
        yield f"{place} {each.place} {LOST[each.kind].format(missing)}{values}".replace("  ", " ")


def _without_bounds(node: Any) -> Any:
    """An input without what the table lets it bound: sizes, emptiness, NUL, and members that it ignores."""
    if isinstance(node, list):
        return [_without_bounds(each) for each in node]
    if not isinstance(node, dict):
        return node
    free = {
        "maxLength": node.get("maxLength"),
        "maxItems": node.get("maxItems"),
        "pattern": TEXT,
        "minLength": 1,
    }
    free |= {"propertyNames": {"pattern": TEXT}}
    return {
        word: _without_bounds(value)
        for word, value in node.items()
        if not (word in free and value == free[word])
        and not (word == "additionalProperties" and value is not False)
    }


@pytest.mark.parametrize("operation_id", HELD)
def test_the_contract_keeps_what_clients_speak(operation_id: str) -> None:
    found = [
        each for each in deviations(FACTS[operation_id]) if f"{operation_id} {each}" not in pending("parts")
    ]
    assert not found


def test_every_failure_has_the_body_that_clients_read() -> None:
    types = error_types()
    for operation in contract().operations.values():
        name = "OAuth2ErrorResponse" if operation.path.startswith("/oauth2/") else "ErrorResponse"
        listed = types.schema(name, closed=False)
        for status, response in contract().responses_of(operation.operation_id).items():
            if status[0] in "45":
                documents = [each for name, each in response["content"].items() if name != PAGE]
                assert documents, f"{operation.operation_id} {status}"
                for content in documents:
                    found = list(_compared(status, listed, content["schema"], Direction.OUTPUT))
                    assert not found, f"{operation.operation_id} answers {name}"


def test_what_is_pending_is_exactly_what_is_missing() -> None:
    assert pending("operations") == [name for name in FACTS if name not in contract().operations]
    missing = [f"{name} {each}" for name in HELD for each in deviations(FACTS[name])]
    assert sorted(pending("parts")) == sorted(missing)


def test_nothing_is_pending_that_was_published() -> None:
    was: Mapping[str, Any] = published().tree
    before = {
        each["operationId"]
        for item in was["paths"].values()
        for each in item.values()
        if "operationId" in each
    }
    assert not before & set(pending("operations"))


class TestTheComparison:
    """It would notice."""

    @pytest.mark.parametrize(
        ("listed", "declared"),
        [
            ("{a~: string}", "{type: object, required: [a], properties: {a: {type: string}}}"),
            ("{a: string | null}", "{type: object, properties: {a: {type: string}}}"),
            ("{a: string}", "{type: object, properties: {b: {type: string}}}"),
            ("{a: 'enum(x, y)'}", "{type: object, properties: {a: {enum: [x]}}}"),
            ("{a: string}", "{type: object, properties: {a: {type: string, format: email}}}"),
        ],
    )
    def test_of_an_input_that_takes_less(self, listed: str, declared: str) -> None:
        schema = error_types().schema(yaml.safe_load(listed), closed=True)
        assert list(_compared("body", schema, yaml.safe_load(declared), Direction.INPUT))

    @pytest.mark.parametrize(
        ("listed", "declared"),
        [
            ("{a: string}", "{type: object, properties: {a: {type: string}}}"),
            ("{a: string}", "{type: object, required: [a], properties: {a: {type: integer}}}"),
            ("{a~: string}", "{type: object, properties: {}}"),
            ("{a~: string}", "{type: object, additionalProperties: false, properties: {}}"),
            ("[{a: 'integer(int64) >= 0'}]", "{type: array, items: {type: object}}"),
        ],
    )
    def test_of_an_output_that_holds_less(self, listed: str, declared: str) -> None:
        schema = error_types().schema(yaml.safe_load(listed), closed=False)
        assert list(_compared("answer", schema, yaml.safe_load(declared), Direction.OUTPUT))
