"""`python -m contract_tests.contract_lint`: the contract's rules of style, a line for each breach.

What makes a document impossible to serve is refused by the server itself. These rules are about what makes
it worth reading and fuzzing: everything bounded, explained, exemplified, with its security and its
collection spelled out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.harness.contract import Contract, ContractBroken, Operation, contract

PROBLEM = "application/problem+json"
IGNORED = "Ignored"  # what unknown members of published inputs may be: they reach no handler


def findings(rules: Contract) -> Iterator[str]:
    """Every place that breaks a rule."""
    for operation in rules.operations.values():
        for complaint in _operation(rules, operation):
            yield f"{operation.operation_id}: {complaint}"
    for name, schema in rules.document["components"]["schemas"].items():
        if name == IGNORED:
            continue
        for complaint in _schema(schema, ""):
            yield f"schema {name}{complaint}"


def _operation(rules: Contract, operation: Operation) -> Iterator[str]:
    declared = operation.declared
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", operation.operation_id):
        yield "the operationId is not in snake_case"
    for member in ("summary", "description", "security", "x-collect"):
        if member not in declared:
            yield f"it has no {member}"
    if len(declared.get("tags", [])) != 1:
        yield "it does not have exactly one tag"
    for parameter in map(rules.resolve, declared.get("parameters", [])):
        yield from (f"parameter {parameter['name']}{each}" for each in _schema(parameter["schema"], ""))
        if "description" not in parameter:
            yield f"parameter {parameter['name']} has no description"
        yield from _examples(rules, parameter, f"parameter {parameter['name']}")
    body = rules.resolve(declared.get("requestBody", {}))
    for media_type, content in body.get("content", {}).items():
        yield from _examples(rules, content, f"body {media_type}")
    yield from _responses(rules, operation)


def _responses(rules: Contract, operation: Operation) -> Iterator[str]:
    for status, response in rules.responses_of(operation.operation_id).items():
        where = f"response {status}"
        if not re.fullmatch(r"[2-5]\d\d", status):
            yield f"{where}: only plain status codes tell a client what comes"
        if "X-Request-Id" not in response.get("headers", {}):
            yield f"{where} has no X-Request-Id"
        for media_type, content in response.get("content", {}).items():
            if status[0] in "45" and not operation.path.startswith("/oauth2/") and media_type != PROBLEM:
                yield f"{where}: an error that is {media_type}"
            if status[0] == "2":
                yield from _examples(rules, content, f"{where} {media_type}")
            yield from (f"{where}{each}" for each in _schema(content["schema"], ""))


def _examples(rules: Contract, content: Mapping[str, Any], where: str) -> Iterator[str]:
    """There is one, and it matches."""
    given = [rules.resolve(each)["value"] for each in content.get("examples", {}).values()]
    given += [content["example"]] if "example" in content else []
    if not given:
        yield f"{where} has no example"
    for example in given:
        try:
            rules.check_value(content["schema"], example, "the example")
        except ContractBroken as failure:
            yield f"{where}: {failure}"


def _schema(schema: Any, where: str) -> Iterator[str]:
    """Every string, number and array below has a bound."""
    if not isinstance(schema, Mapping):
        return
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    fixed = any(word in schema for word in ("enum", "const", "$ref"))
    if "string" in kinds and "maxLength" not in schema and not fixed:
        yield f"{where}: a string without maxLength"
    if {"integer", "number"} & set(kinds) and not fixed and not {"minimum", "maximum"} <= schema.keys():
        yield f"{where}: a number without minimum and maximum"
    if "array" in kinds and "maxItems" not in schema:
        yield f"{where}: an array without maxItems"
    for name, below in schema.get("properties", {}).items():
        yield from _schema(below, f"{where}/{name}")
    # Not below additionalProperties: these are members that are ignored, bounded by the body's size.
    for word in ("items", "not", "if", "then", "else"):
        yield from _schema(schema.get(word), where)
    for word in ("oneOf", "anyOf", "allOf", "prefixItems"):
        for number, below in enumerate(schema.get(word, [])):
            yield from _schema(below, f"{where}/{word}[{number}]")


def main() -> int:
    """Print the findings; 1 if there are any."""
    found = list(findings(contract()))
    for each in found:
        print(f"cloud_instance.yaml: {each}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
