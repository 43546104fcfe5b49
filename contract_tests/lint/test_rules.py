"""Every rule of the rule set finds what it is there for, and nothing else does.

A small contract that keeps all rules is broken in one place at a time; the linter reads all the broken ones
in one run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.harness.contract import CONTRACT
from contract_tests.harness.npm import NodeMissing, expected_here
from contract_tests.lint.linter import HERE, RULES, Finding, lint

SMALL = HERE / "small.yaml"

Break = Callable[[dict[str, Any]], object]

GONE = object()


def at(path: str, value: object) -> Break:
    """Puts a value at a place of the document, or takes away what is there. `@` is the operation."""
    steps = [
        step.replace("~1", "/") for step in path.replace("@", "paths/~1things~1{id}/put").split("/") if step
    ]

    def apply(document: dict[str, Any]) -> None:
        node: Any = document
        for step in steps[:-1]:
            node = node[int(step)] if isinstance(node, list) else node[step]
        if value is GONE:
            del node[steps[-1]]
        elif isinstance(node, list):
            node[int(steps[-1])] = value
        else:
            node[steps[-1]] = value

    return apply


def ambiguous(document: dict[str, Any]) -> None:
    """A path that could be read as another one."""
    document["paths"]["/{kind}/all"] = deepcopy(document["paths"]["/things/{id}"])
    operation = document["paths"]["/{kind}/all"]["put"]
    operation["operationId"] = "put_all"
    operation["parameters"][0]["name"] = "kind"


def same_id(document: dict[str, Any]) -> None:
    document["paths"]["/others/{id}"] = deepcopy(document["paths"]["/things/{id}"])


def renamed_path(path: str) -> Break:
    def apply(document: dict[str, Any]) -> None:
        document["paths"][path] = document["paths"].pop("/things/{id}")

    return apply


def parameter_twice(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/things/{id}"]["put"]["parameters"]
    parameters.append(deepcopy(parameters[1]))


def without_statuses(*statuses: str) -> Break:
    def apply(document: dict[str, Any]) -> None:
        for status in statuses:
            del document["paths"]["/things/{id}"]["put"]["responses"][status]

    return apply


THING = "components/schemas/Thing"
COUNT = f"{THING}/properties/count"
NAMES = f"{THING}/properties/names"
ERROR = "components/responses/Error"
CREATED = "@/responses/201"
ANSWER = f"{CREATED}/content/application~1json"
TEXT = {"type": "string", "maxLength": 8}
CLOSED = {"type": "object", "additionalProperties": False, "properties": {"a": TEXT}}

BROKEN: dict[str, list[Break]] = {
    "struct": [at(f"{COUNT}/maximums", 9), at("@/responses/201/description", GONE)],
    "no-unresolved-refs": [at(f"{NAMES}/items", {"$ref": "#/components/schemas/Nothing"})],
    "no-ambiguous-paths": [ambiguous],
    "no-path-trailing-slash": [renamed_path("/things/{id}/")],
    "path-not-include-query": [renamed_path("/things/{id}?all")],
    "path-parameters-defined": [renamed_path("/things/{id}/{other}")],
    "no-duplicated-tag-names": [at("tags", [{"name": "things", "description": "What there is."}] * 2)],
    "tag-description": [at("tags/0", {"name": "things"})],
    "info-license": [at("info/license", GONE)],
    "info-contact": [at("info/contact", GONE)],
    "no-duplicated-enum-values": [at(f"{NAMES}/items/enum", ["a", "a"])],
    "no-enum-type-mismatch": [at(f"{NAMES}/items/enum", ["a", 1])],
    "no-schema-type-mismatch": [at(f"{NAMES}", {"type": "boolean", "items": TEXT})],
    "no-required-schema-properties-undefined": [at(f"{NAMES}/items", CLOSED | {"required": ["nothing"]})],
    "no-mixed-number-range-constraints": [at(f"{COUNT}/exclusiveMaximum", 9)],
    "operation-operationId": [at("@/operationId", GONE)],
    "operation-operationId-unique": [same_id],
    "operation-summary": [at("@/summary", GONE)],
    "operation-description": [at("@/description", GONE)],
    "rule/one-tag": [at("@/tags", ["things", "things"]), at("@/tags", [])],
    "operation-tag-defined": [at("@/tags", ["others"]), at("@/tags", GONE)],
    "operation-parameters-unique": [parameter_twice],
    "parameter-description": [at("@/parameters/0/description", GONE)],
    "rule/operation-id-in-snake-case": [at("@/operationId", "putThing")],
    "rule/security-is-explicit": [at("@/security", GONE)],
    "rule/collection-is-explicit": [at("@/x-collect", GONE)],
    "candor/extensions-are-explained": [at("@/x-handlerFunc", "put"), at(f"{COUNT}/x-colect", [])],
    "candor/operations-can-succeed": [without_statuses("201")],
    "candor/statuses-are-single": [
        at("@/responses/default", {"$ref": "#/components/responses/Error"}),
        at("@/responses/4XX", {"$ref": "#/components/responses/Error"}),
    ],
    "candor/errors-are-documented": [
        without_statuses(each) for each in ("400", "401", "413", "415", "429", "500", "503")
    ],
    "candor/errors-have-one-form": [
        at(f"{ERROR}/content", {"text/plain": {"schema": TEXT, "example": "a"}}),
        at(f"{ERROR}/content", {"text/html; charset=utf-8": {"schema": TEXT, "example": "a"}}),
        at(f"{ERROR}/content/application~1problem+json/schema/required", []),
        at(f"{ERROR}/content", GONE),
    ],
    "candor/headers-that-statuses-need": [
        at(f"{ERROR}/headers/WWW-Authenticate", GONE),
        at(f"{ERROR}/headers/Retry-After", GONE),
        at("@/responses/302", {"$ref": "#/components/responses/Error"}),
        at(f"{CREATED}/headers", GONE),
    ],
    "candor/credentials-are-linked": [at(f"{CREATED}/links", GONE)],
    "candor/examples-are-given": [
        at(f"{ANSWER}/example", GONE),
        at("@/parameters/0/example", GONE),
        at("components/headers/X-Request-Id/example", GONE),
        at("@/requestBody/content/application~1json/example", GONE),
    ],
    "no-invalid-media-type-examples": [at(f"{ANSWER}/example/count", 10), at(f"{ANSWER}/example/other", 1)],
    "no-invalid-parameter-examples": [at("@/parameters/0/example", "too long by one")],
    "no-invalid-schema-examples": [at(f"{COUNT}/examples", [10])],
    "candor/strings-are-bounded": [
        at("@/parameters/1/schema", {"type": "string"}),
        at(f"{NAMES}/items", {"type": ["string", "null"], "pattern": "^a"}),
    ],
    "candor/numbers-are-bounded": [at(f"{COUNT}/maximum", GONE), at(COUNT, {"type": "number", "minimum": 0})],
    "candor/integers-have-a-format": [at(f"{COUNT}/format", GONE)],
    "candor/arrays-are-bounded": [at(f"{NAMES}/maxItems", GONE)],
    "candor/inputs-say-what-they-ignore": [
        at(f"{THING}/additionalProperties", GONE),
        at(f"{THING}/additionalProperties", True),
        at(f"{NAMES}/items", {"type": "object", "properties": {"a": TEXT}}),
    ],
}


def broken_documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each rule with a document that breaks it alone."""
    small = yaml.safe_load(SMALL.read_text())
    for rule, breaks in BROKEN.items():
        for apply in breaks:
            document = deepcopy(small)
            apply(document)
            yield rule, document


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, list[Finding]]:
    """What the linter finds in every broken document, in the small contract and in the real one."""
    folder = tmp_path_factory.mktemp("broken")
    documents = [SMALL, CONTRACT]
    for number, (rule, document) in enumerate(broken_documents()):
        documents.append(folder / f"{number}-{rule.replace('/', '-')}.json")
        documents[-1].write_text(json.dumps(document))
    try:
        findings = lint(documents)
    except NodeMissing as reason:
        if expected_here():
            raise
        pytest.skip(str(reason))
    return {each: [finding for finding in findings if finding.document == each] for each in documents}


def test_the_contract_keeps_all_rules(found: dict[Path, list[Finding]]) -> None:
    assert found[CONTRACT] == []


def test_so_does_the_small_one_that_is_broken_next(found: dict[Path, list[Finding]]) -> None:
    assert found[SMALL] == []


def test_each_breach_is_found_by_its_own_rule_alone(found: dict[Path, list[Finding]]) -> None:
    broken = (each for each in found if each not in (SMALL, CONTRACT))
    wrong = [
        (rule, document.name, found[document])
        for (rule, _), document in zip(broken_documents(), broken, strict=True)
        if {finding.rule for finding in found[document]} != {rule}
    ]
    assert wrong == []


def test_every_rule_is_broken_here() -> None:
    assert set(BROKEN) == set(yaml.safe_load(RULES.read_text())["rules"])
