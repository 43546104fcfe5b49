"""The contract, read a second time: what the tests hold answers against shares no code with the engine.

If the engine misreads the document, the two readings differ and a test fails; if they shared code, both
would be wrong together and nothing would show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
CONTRACT = REPOSITORY / "cloud_instance.yaml"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# What `operation_at` calls an answer that belongs to no operation, and where the contract declares those.
OUTSIDE = "x-outside-operations"


class ContractBroken(AssertionError):
    """An answer is not what the contract declares."""


@dataclass(frozen=True)
class Operation:
    """One operation: its path template, its method in lower case and what the document says about it."""

    operation_id: str
    path: str
    method: str
    declared: Mapping[str, Any]


class Contract:
    """The document, with the questions that tests ask of it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations = {each.operation_id: each for each in self._operations()}
        self._paths = [(_matchers(path), path) for path in sorted(document["paths"], key=_specificity)]
        self._validators: dict[int, jsonschema_rs.Validator] = {}

    def operation_at(self, method: str, path: str) -> str:
        """The operationId that answers a request, or `OUTSIDE`. HEAD is answered by the path's GET.

        The path is as it is sent, percent-encoded: a slash inside of an escape separates nothing.
        """
        wanted = "get" if method.upper() == "HEAD" else method.lower()
        try:
            segments = [unquote(each, errors="strict") for each in path.split("/")]
        except UnicodeDecodeError:
            return OUTSIDE
        for matchers, template in self._paths:
            if len(matchers) == len(segments) and all(map(re.Pattern.fullmatch, matchers, segments)):
                declared = self.document["paths"][template].get(wanted)
                return declared["operationId"] if declared else OUTSIDE
        return OUTSIDE

    def responses_of(self, operation_id: str) -> Mapping[str, Any]:
        """Status (as text), then the declared response, references resolved."""
        if operation_id == OUTSIDE:
            declared = self.document[OUTSIDE]
        else:
            declared = self.operations[operation_id].declared["responses"]
        return {str(status): self.resolve(response) for status, response in declared.items()}

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference inside the document stands for; anything else as it is."""
        while "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def check_value(self, schema: Mapping[str, Any], value: object, what: str) -> None:
        """Raise ContractBroken, naming the place in the value, if it does not match."""
        errors = [
            f"{'/'.join(map(str, error.instance_path)) or 'the whole'}: {error.message}"
            for error in self._validator(schema).iter_errors(value)
        ]
        if errors:
            raise ContractBroken(f"{what} does not match its schema: {'; '.join(errors)}")

    def _validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
        found = self._validators.get(id(schema))
        if found is None:
            # The references of a schema point into the document, so the document's components go along.
            root = {**schema, "components": self.document["components"]}
            found = self._validators[id(schema)] = jsonschema_rs.Draft202012Validator(
                root, validate_formats=True
            )
        return found

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield Operation(item[method]["operationId"], path, method, item[method])


@cache
def contract() -> Contract:
    """The repository's contract."""
    return Contract(yaml.load(CONTRACT.read_bytes(), Loader=yaml.CSafeLoader))


def _matchers(template: str) -> list[re.Pattern[str]]:
    """One for each segment."""
    return [
        re.compile(".+".join(map(re.escape, re.split(r"\{[^}]+\}", segment))), re.DOTALL)
        for segment in template.split("/")
    ]


def _specificity(template: str) -> tuple[int, str]:
    return template.count("{"), template
