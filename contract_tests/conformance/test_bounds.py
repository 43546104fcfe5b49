"""Nothing that the contract lets in or out is without a bound: texts, numbers, arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.harness.contract import contract

IGNORED = "Ignored"  # members that no operation declares: they reach no handler, and the body has a limit
BOUNDS = {
    "string": {"maxLength"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
    "array": {"maxItems"},
}
FIXED = {"enum", "const"}


def schemas(node: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema below a node of the document, with its place."""
    if isinstance(node, Mapping):
        if "type" in node and isinstance(node["type"], str | list):
            yield place, node
        for name, below in node.items():
            if name not in ("additionalProperties", "propertyNames", "example", "examples"):
                yield from schemas(below, f"{place}/{name}")
    elif isinstance(node, list):
        for number, below in enumerate(node):
            yield from schemas(below, f"{place}/{number}")


def unbounded(place: str, schema: Mapping[str, Any]) -> Iterator[str]:
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    for kind in kinds:
        missing = BOUNDS.get(kind, set()) - schema.keys()
        if missing and not FIXED & schema.keys():
            yield f"{place}: {kind} without {', '.join(sorted(missing))}"


def test_every_text_number_and_array_is_bounded() -> None:
    document = contract().document
    parts = {name: part for name, part in document["components"].items() if not name.startswith("x-")}
    del parts["securitySchemes"]
    found = [
        each
        for name, part in {"paths": document["paths"], **parts}.items()
        for place, schema in schemas(part, name)
        if IGNORED not in place.split("/")
        for each in unbounded(place, schema)
    ]
    assert found == []
