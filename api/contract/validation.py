"""JSON Schema 2020-12 validators, compiled once against the whole contract, and their errors without any
value.

Two readings of the document exist: in requests `readOnly` members are refused and not required, in responses
`writeOnly` ones. In both, `format: int32` and `int64` become the bounds they mean, formats are asserted, and
validators are made with a mask, so that no message can carry what somebody sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from api.contract.document import ContractError
from api.contract.place import escaped
from handlers.errors import FieldError

MAX_ERRORS = 20
_LONGEST_POINTER = 200  # characters
_BASE = "urn:candor:contract"
_MASK = "(hidden)"
_INTEGER_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_LITERALS = frozenset({"enum", "const", "default", "example", "examples"})
_NAME_MAPS = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas", "schemas"})
_SAYABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,39}")
_ONE_BELOW = {"additionalProperties": "additional_property", "unevaluatedProperties": "additional_property"}


class Schemas:
    """Compiles validators for places of the contract. `pointer` is a JSON pointer into the document."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self._registries = {
            "request": _registry(as_requests(tree)),
            "response": _registry(as_responses(tree)),
        }
        self._compiled: dict[tuple[str, str], jsonschema_rs.Draft202012Validator] = {}

    def request(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """The validator of what clients send. Raises `ContractError` when it does not compile."""
        return self._validator("request", pointer)

    def response(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """The validator of what the server answers. Raises `ContractError` when it does not compile."""
        return self._validator("response", pointer)

    def _validator(self, reading: str, pointer: str) -> jsonschema_rs.Draft202012Validator:
        known = self._compiled.get((reading, pointer))
        if known is None:
            known = self._compiled[reading, pointer] = _compile(self._registries[reading], pointer)
        return known


def as_requests(tree: dict[str, Any]) -> dict[str, Any]:
    """A copy of the document whose schemas say what clients may send."""
    copy: dict[str, Any] = _reading(tree, tree, hidden="readOnly")
    return copy


def as_responses(tree: dict[str, Any]) -> dict[str, Any]:
    """A copy of the document whose schemas say what the server may answer."""
    copy: dict[str, Any] = _reading(tree, tree, hidden="writeOnly")
    return copy


def _registry(tree: dict[str, Any]) -> jsonschema_rs.Registry:
    try:
        return jsonschema_rs.Registry([(_BASE, tree)], draft=jsonschema_rs.Draft202012)
    except (ValueError, jsonschema_rs.ReferencingError) as failure:
        raise ContractError(f"The contract's schemas cannot be compiled: {failure}") from failure


def _compile(registry: jsonschema_rs.Registry, pointer: str) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            {"$ref": f"{_BASE}#{quote(pointer)}"},
            registry=registry,
            validate_formats=True,
            ignore_unknown_formats=True,
            mask=_MASK,
            offline=True,
        )
    except (ValueError, jsonschema_rs.ReferencingError) as failure:
        reason = str(failure).splitlines()[0]
        raise ContractError(f"The schema at {pointer} cannot be compiled: {reason}") from failure


def _reading(tree: dict[str, Any], node: Any, hidden: str, names: bool = False) -> Any:
    """A copy of the document as one direction reads it. `names` says that the keys of `node` are members'
    names."""
    if isinstance(node, list):
        return [_reading(tree, each, hidden) for each in node]
    if not isinstance(node, dict):
        return node
    copy = {
        key: value
        if key in _LITERALS and not names
        else _reading(tree, value, hidden, names=key in _NAME_MAPS and not names)
        for key, value in node.items()
    }
    if not names:
        _lower_integers(copy)
        _hide_members(tree, node, copy, hidden)
    return copy


def _lower_integers(schema: dict[str, Any]) -> None:
    form = schema.get("format")
    bounds = _INTEGER_BOUNDS.get(form) if isinstance(form, str) else None
    if bounds is None:
        return
    schema["minimum"] = max(bounds[0], schema.get("minimum", bounds[0]))
    schema["maximum"] = min(bounds[1], schema.get("maximum", bounds[1]))


def _hide_members(tree: dict[str, Any], node: dict[str, Any], copy: dict[str, Any], hidden: str) -> None:
    properties = node.get("properties")
    if not isinstance(properties, dict):
        return
    gone = {name for name, schema in properties.items() if _says(tree, schema, hidden)}
    for name in gone:
        copy["properties"][name] = False
    if gone and isinstance(copy.get("required"), list):
        copy["required"] = [name for name in copy["required"] if name not in gone]


def _says(tree: dict[str, Any], schema: Any, keyword: str) -> bool:
    """Whether a property's schema carries `readOnly` or `writeOnly`, itself or through its reference."""
    for _ in range(32):
        if not isinstance(schema, dict):
            return False
        if schema.get(keyword) is True:
            return True
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/components/schemas/"):
            return False
        schema = tree.get("components", {}).get("schemas", {}).get(reference.rsplit("/", 1)[1])
    return False


def is_valid(validator: jsonschema_rs.Draft202012Validator, value: object) -> bool:
    """Whether a value conforms. A value that is not JSON at all does not."""
    try:
        return validator.is_valid(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def field_errors(
    validator: jsonschema_rs.Draft202012Validator, value: object, prefix: str, *, first_only: bool = False
) -> tuple[FieldError, ...]:
    """What is wrong with a value: pointers below `prefix` and stable codes, at most `MAX_ERRORS`, each
    once. `first_only` stops looking at the first failure, for values that may have any number of them."""
    found: dict[FieldError, None] = {}
    # The library makes a list of all failures before it gives the first one away.
    for failure in _first_failure(validator, value) if first_only else validator.iter_errors(value):
        for pointer, code in _said(failure):
            found[FieldError(sayable_pointer(prefix, pointer), code)] = None
            if len(found) == MAX_ERRORS:
                return tuple(found)
    return tuple(found)


def _first_failure(
    validator: jsonschema_rs.Draft202012Validator, value: object
) -> Iterator[jsonschema_rs.ValidationError]:
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as failure:
        yield failure


def _said(failure: jsonschema_rs.ValidationError) -> Iterator[tuple[list[str | int], str]]:
    kind: Any = failure.kind
    path = list(failure.instance_path)
    keyword = kind.name
    if keyword == "required":
        yield [*path, kind.property], "required"
    elif keyword in _ONE_BELOW:
        for name in kind.unexpected:
            yield [*path, name], _ONE_BELOW[keyword]
    elif keyword in ("oneOf", "anyOf") and hasattr(kind, "context"):
        yield from _of_alternatives(path, keyword, kind.context)
    elif keyword == "falseSchema" or type(kind).__name__ == "FalseSchema":
        yield path, "not_allowed"
    else:
        yield path, _snake(keyword)


def _of_alternatives(
    path: list[str | int], keyword: str, branches: list[list[jsonschema_rs.ValidationError]]
) -> Iterator[tuple[list[str | int], str]]:
    """Report the alternative that was meant, when a constant member tells which one that is.

    `grant_type=refresh_token` without a token should say that `refresh_token` is required, a grant type that
    no alternative has should point at `grant_type`, and so should its absence.
    """
    apt = [branch for branch in branches if not _is_of_another_type(branch, path)] or branches
    meant = [branch for branch in apt if not _has_other_constants(branch, path)]
    if len(apt) == 1 or (len(meant) == 1 and meant[0]):
        for error in (apt if len(apt) == 1 else meant)[0]:
            yield from _said(error)
        return
    told = [
        {_as_enum(tuple(place), code) for error in branch for place, code in _said(error)} for branch in apt
    ]
    agreed = set.intersection(*told)
    if not agreed:
        yield path, _snake(keyword)
    for place, code in sorted(agreed, key=str):
        yield list(place), code


def _is_of_another_type(branch: list[jsonschema_rs.ValidationError], path: list[str | int]) -> bool:
    """An alternative for values of another type (`null`, mostly) was not the one that was meant."""
    return bool(branch) and all(each.kind.name == "type" and each.instance_path == path for each in branch)


def _has_other_constants(branch: list[jsonschema_rs.ValidationError], path: list[str | int]) -> bool:
    """A member with another constant tells that an alternative was not meant."""
    return any(each.kind.name in ("const", "enum") and len(each.instance_path) > len(path) for each in branch)


def _as_enum(place: tuple[str | int, ...], code: str) -> tuple[tuple[str | int, ...], str]:
    """Different constants of the same member are, together, an enumeration."""
    return (place, "enum") if code == "const" else (place, code)


def _snake(keyword: str) -> str:
    return re.sub(r"[A-Z]", lambda capital: "_" + capital.group().lower(), keyword)


def sayable_pointer(prefix: str, path: list[str | int]) -> str:
    """A JSON pointer into the request. It stops above a name that is too odd to be repeated."""
    pointer = prefix
    for segment in path:
        if isinstance(segment, str) and not _SAYABLE_NAME.fullmatch(segment):
            return pointer
        longer = f"{pointer}/{escaped(str(segment))}"
        if len(longer) > _LONGEST_POINTER:
            return pointer
        pointer = longer
    return pointer
