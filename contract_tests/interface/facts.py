"""The table `facts.yaml`, read: operations, and types as JSON Schema.

Inputs are made closed and outputs open: an installed client sends the members that are listed, and ignores
members that are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FACTS = Path(__file__).with_name("facts.yaml")
PENDING = Path(__file__).with_name("pending.yaml")

_INT = {"int32": 2**31, "int64": 2**63}
_PLAIN = re.compile(r"(string|boolean|integer)(?:\(([a-z0-9-]+)\))?( >= 0)?( \| null)?")


@dataclass(frozen=True)
class Fact:
    """One operation as installed clients know it. Schemas are complete JSON Schemas."""

    operation_id: str
    method: str
    path: str
    parameters: Mapping[tuple[str, str], tuple[bool, Any]]  # (place, name): required, schema
    body: tuple[str, bool, Any] | None  # media type, required, schema
    answers: Mapping[str, Any]  # status: schema, or None where no body is read
    errors: tuple[str, ...]
    admits: tuple[Mapping[str, list[str]], ...] = field(default=())


class Types:
    """Makes JSON Schemas of the table's types."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self._named = named

    def schema(self, kind: Any, *, closed: bool) -> Any:
        """The schema of a type. Raises ValueError for a word that the table does not explain."""
        match kind:
            case [of]:
                return {"type": "array", "items": self.schema(of, closed=closed)}
            case {"nullable": of}:
                return {"anyOf": [self.schema(of, closed=closed), {"type": "null"}]}
            case {"one of": list(alternatives)}:
                return {"anyOf": [self.schema(each, closed=closed) for each in alternatives]}
            case dict():
                return self._object(kind, closed=closed)
            case str():
                return self._word(kind, closed=closed)
        raise ValueError(f"{kind!r} is no type of the table")

    def _object(self, members: Mapping[str, Any], *, closed: bool) -> Any:
        made = {
            "type": "object",
            "required": [name for name in members if not name.endswith("~")],
            "properties": {
                name.rstrip("~"): self.schema(kind, closed=closed) for name, kind in members.items()
            },
        }
        return {**made, "additionalProperties": False} if closed else made

    def _word(self, word: str, *, closed: bool) -> Any:
        if word in self._named:
            return self.schema(self._named[word], closed=closed)
        if word.startswith("enum("):
            return {"enum": word.removeprefix("enum(").removesuffix(")").split(", ")}
        plain = _PLAIN.fullmatch(word)
        if plain is None:
            raise ValueError(f"{word!r} is no type of the table")
        name, form, lower, nullable = plain.groups()
        made: dict[str, Any] = {"type": [name, "null"] if nullable else name}
        if form in _INT:
            made |= {"minimum": -_INT[form], "maximum": _INT[form] - 1}
        elif form in ("email", "date-time"):
            made["format"] = form
        return {**made, "minimum": 0} if lower else made


def facts() -> dict[str, Fact]:
    """The table's operations by operationId."""
    table = yaml.safe_load(FACTS.read_text())
    types = Types(table["schemas"])
    return {name: _fact(name, declared, types) for name, declared in table["operations"].items()}


def error_types() -> Types:
    """The types, for the two error objects."""
    return Types(yaml.safe_load(FACTS.read_text())["schemas"])


def _fact(name: str, declared: Mapping[str, Any], types: Types) -> Fact:
    return Fact(
        operation_id=name,
        method=declared["method"].lower(),
        path=declared["path"],
        parameters=dict(_parameters(declared, types)),
        body=_body(declared, types),
        answers={
            str(status): None if kind is None else types.schema(kind, closed=False)
            for status, kind in declared["answers"].items()
        },
        errors=tuple(map(str, declared.get("errors", []))),
        admits=tuple({each: []} if isinstance(each, str) else each for each in declared.get("admits", [])),
    )


def _parameters(
    declared: Mapping[str, Any], types: Types
) -> Iterator[tuple[tuple[str, str], tuple[bool, Any]]]:
    for place, word in (("query", "query"), ("path", "path-parameters")):
        for name, kind in declared.get(word, {}).items():
            yield (place, name.rstrip("~")), (not name.endswith("~"), types.schema(kind, closed=True))


def _body(declared: Mapping[str, Any], types: Types) -> tuple[str, bool, Any] | None:
    for word, media_type in (("json", "application/json"), ("form", "application/x-www-form-urlencoded")):
        for key in (word, f"{word}~"):
            if key in declared:
                return media_type, key == word, types.schema(declared[key], closed=True)
    return None
