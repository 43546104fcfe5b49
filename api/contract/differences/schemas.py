"""A schema of the contract on its own: references replaced by what they stand for, annotations left out.

Two schemas can then be compared although their documents name things differently. Only a schema that contains
itself stays a reference; it is named after its content, so that equal names in two documents mean equal
things.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_COMPONENTS = "#/components/schemas/"
_ANNOTATIONS = frozenset(
    {
        "$comment", "default", "deprecated", "description", "discriminator", "example", "examples",
        "externalDocs", "readOnly", "title", "writeOnly", "xml",
    }
)  # fmt: skip
_VALUES = frozenset({"const", "enum"})
_SETS = frozenset({"required", "type"})
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})
_LOWERED = frozenset({"int32", "int64"})  # the document's reading has made bounds of them
_FREE_BESIDE_A_REFERENCE = frozenset(
    {
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "enum",
        "const",
    }
)


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema without references except those into `definitions`."""

    body: Any
    definitions: Mapping[str, Any]

    def part(self, body: Any) -> Schema:
        """A schema inside this one."""
        return Schema(body, self.definitions)

    def document(self) -> Any:
        """The schema as one JSON Schema document."""
        if not self.definitions or not isinstance(self.body, dict):
            return self.body
        return {**self.body, "$defs": dict(self.definitions)}


def alone(tree: Mapping[str, Any], schema: Any) -> Schema:
    """The schema cut out of the document `tree`."""
    definitions: dict[str, Any] = {}
    known: Mapping[str, Any] = tree.get("components", {}).get("schemas", {})
    body = _Cutting(known, definitions).cut(schema)
    return Schema(body, definitions)


class _Cutting:
    """Replaces references while it copies."""

    def __init__(self, known: Mapping[str, Any], definitions: dict[str, Any]) -> None:
        self._known = known
        self._definitions = definitions

    def cut(self, node: Any) -> Any:
        """A copy of a schema."""
        if not isinstance(node, dict):
            return node
        copy = {word: self._below(word, value) for word, value in node.items() if _is_assertion(word, value)}
        reference = copy.pop("$ref", None)
        return copy if reference is None else self._joined(self._target(reference), copy)

    def _below(self, word: str, value: Any) -> Any:
        if word in _VALUES:
            return value
        if word in _SETS:
            return sorted(value) if isinstance(value, list) else value
        if word in _MAPS and isinstance(value, dict):
            return {name: self.cut(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.cut(each) for each in value]
        return self.cut(value)

    def _target(self, reference: str) -> dict[str, Any]:
        name = reference.removeprefix(_COMPONENTS)
        if name not in self._known:
            return {"$ref": reference}
        reached = set(_reached(self._known, name))
        if name not in reached:
            whole = self.cut(self._known[name])
            return whole if isinstance(whole, dict) else {"allOf": [whole]}
        inside = orjson.dumps(
            {each: self._known[each] for each in sorted(reached)}, option=orjson.OPT_SORT_KEYS
        )
        own = f"{name}-{hashlib.sha256(inside).hexdigest()[:12]}"
        if own not in self._definitions:
            self._definitions[own] = True  # stands for itself while it is being copied
            self._definitions[own] = self.cut(self._known[name])
        return {"$ref": f"#/$defs/{own}"}

    def _joined(self, target: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
        if not beside:
            return target
        if beside.keys() <= _FREE_BESIDE_A_REFERENCE - target.keys():
            return {**target, **beside}
        return {"allOf": [target, beside]}


def _is_assertion(word: str, value: Any) -> bool:
    if word in _ANNOTATIONS or word.startswith("x-"):
        return False
    return not (word == "format" and value in _LOWERED)


def _reached(known: Mapping[str, Any], name: str) -> Iterator[str]:
    """The names that a named schema refers to, directly or not."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for found in _references(known.get(waiting.pop())):
            if found not in seen:
                seen.add(found)
                waiting.append(found)
                yield found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(_COMPONENTS):
            yield reference.removeprefix(_COMPONENTS)
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)
