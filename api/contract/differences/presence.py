"""Members that a schema does not declare: refused where it is closed, let through where it is open."""

from __future__ import annotations

from typing import Any

from api.contract.differences.schemas import Schema

_TOGETHER = frozenset({"$ref", "allOf", "if", "not", "unevaluatedProperties", "patternProperties"})
_CLOSING = ("additionalProperties", "unevaluatedProperties")


def is_closed(schema: Schema) -> bool:
    """Whether an object refuses members that it does not declare."""
    return isinstance(schema.body, dict) and schema.body.get("additionalProperties") is False


def closed(schema: Schema) -> Schema:
    """The values of the schema whose objects have declared members only: what its clients send.

    Objects that are described in several places at once are left as they are.
    """
    return schema.part(_closed(schema.body))


def opened(schema: Schema) -> Schema:
    """The schema with members that it does not declare let through: how its readers read."""
    definitions = {name: _opened(each) for name, each in schema.definitions.items()}
    return Schema(_opened(schema.body), definitions)


def _closed(body: Any) -> Any:
    if not isinstance(body, dict) or _TOGETHER & body.keys():
        return body
    copy = dict(body)
    if "properties" in copy:
        copy["properties"] = {name: _closed(each) for name, each in copy["properties"].items()}
        copy["additionalProperties"] = False
    if "items" in copy:
        copy["items"] = _closed(copy["items"])
    for word in ("oneOf", "anyOf"):
        if word in copy:
            copy[word] = [_closed(each) for each in copy[word]]
    return copy


def _opened(node: Any) -> Any:
    if isinstance(node, list):
        return [_opened(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {word: _opened(value) for word, value in node.items() if not (word in _CLOSING and value is False)}
