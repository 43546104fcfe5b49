"""Parameters of path, query, header and cookie: strictly decoded, typed by their schema, validated, passed
by name.

Undeclared query parameters are refused unless the operation says `x-unknown-query: ignore`; a parameter whose
schema is not an array may stand once. Handlers receive None for an optional parameter that is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

import jsonschema_rs

from api.contract.document import ContractError
from api.contract.percent import pairs
from api.contract.place import Place
from api.contract.refusals import RequestRefused, refused
from api.contract.validation import Schemas, field_errors, is_valid

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,3})?")
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_NOT_THIS_TYPE = object()

_READERS: dict[str, Callable[[str], object]] = {
    "string": lambda text: text,
    "integer": lambda text: int(text) if _INTEGER.fullmatch(text) else _NOT_THIS_TYPE,
    "number": lambda text: float(text) if _NUMBER.fullmatch(text) else _NOT_THIS_TYPE,
    "boolean": lambda text: {"true": True, "false": False}.get(text, _NOT_THIS_TYPE),
    "null": lambda text: None if text == "null" else _NOT_THIS_TYPE,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `types` are the JSON types its text may stand for; `separated` arrays come as `a,b`."""

    name: str
    location: str
    argument: str
    required: bool
    types: tuple[str, ...]
    array: bool
    separated: bool
    validator: jsonschema_rs.Draft202012Validator
    pointer: str

    def read(self, text: str) -> object:
        """The value that a text stands for. Raises `RequestRefused` with pointers and codes."""
        if "\x00" in text:
            raise refused(self.pointer, "nul")
        told: object = _NOT_THIS_TYPE
        for kind in self.types:
            value = _READERS[kind](text)
            if value is _NOT_THIS_TYPE:
                continue
            if is_valid(self.validator, value):
                return value
            told = value if told is _NOT_THIS_TYPE else told
        told = text if told is _NOT_THIS_TYPE else told
        raise RequestRefused(*field_errors(self.validator, told, self.pointer))

    def read_array(self, texts: list[str]) -> object:
        """The array that repeated or comma-separated texts stand for. Raises `RequestRefused`."""
        if any("\x00" in text for text in texts):
            raise refused(self.pointer, "nul")
        kind = self.types[0] if self.types else "string"
        values = [_READERS[kind](text) for text in texts]
        values = [
            text if value is _NOT_THIS_TYPE else value for value, text in zip(values, texts, strict=True)
        ]
        if not is_valid(self.validator, values):
            raise RequestRefused(*field_errors(self.validator, values, self.pointer))
        return values


class ParameterPlan:
    """All parameters of an operation, by location, ready to be read from a request."""

    def __init__(self, parameters: tuple[Parameter, ...], *, ignore_unknown_query: bool) -> None:
        self.parameters = parameters
        self._path = tuple(each for each in parameters if each.location == "path")
        self._query = {each.name: each for each in parameters if each.location == "query"}
        self._headers = tuple(
            (each.name.lower().encode("ascii"), each) for each in parameters if each.location == "header"
        )
        self._cookies = tuple(each for each in parameters if each.location == "cookie")
        self._ignore_unknown_query = ignore_unknown_query

    def read(
        self,
        path_values: Mapping[str, str],
        query: bytes,
        headers: Mapping[bytes, bytes],
        arguments: dict[str, object],
    ) -> None:
        """Put every parameter into `arguments` by its argument name. Raises `RequestRefused`."""
        for each in self._path:
            arguments[each.argument] = each.read(path_values[each.name])
        if self._query or query:
            self._read_query(query, arguments)
        for name, each in self._headers:
            raw = headers.get(name)
            arguments[each.argument] = _given(
                each, None if raw is None else raw.decode("latin-1").strip(" \t")
            )
        if self._cookies:
            found = _cookies(headers.get(b"cookie"))
            for each in self._cookies:
                arguments[each.argument] = _given(each, found.get(each.name))

    def _read_query(self, query: bytes, arguments: dict[str, object]) -> None:
        given: dict[str, list[str]] = {}
        for name, value in pairs(query, "/query", "encoding"):
            given.setdefault(name, []).append(value)
        if not self._ignore_unknown_query:
            for name in given:
                if name not in self._query:
                    raise refused("/query", "unknown_parameter")
        for name, each in self._query.items():
            arguments[each.argument] = _from_query(each, given.get(name))


def _from_query(parameter: Parameter, texts: list[str] | None) -> object:
    if texts is None:
        return _given(parameter, None)
    if len(texts) > 1 and (not parameter.array or parameter.separated):
        raise refused(parameter.pointer, "repeated")
    if not parameter.array:
        return parameter.read(texts[0])
    return parameter.read_array(texts[0].split(",") if parameter.separated else texts)


def _given(parameter: Parameter, text: str | None) -> object:
    if text is None:
        if parameter.required:
            raise refused(parameter.pointer, "required")
        return None
    return parameter.read_array(text.split(",")) if parameter.array else parameter.read(text)


def _cookies(header: bytes | None) -> dict[str, str]:
    if header is None:
        return {}
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header.decode("latin-1")).items()}
    except CookieError:
        return {}


def compile_parameters(item: Place, operation: Place, schemas: Schemas, operation_id: str) -> ParameterPlan:
    """The plan of an operation's parameters, those of its path item included.

    Raises `ContractError` for styles and schemas that have no text form here.
    """
    declared: dict[tuple[str, str], Place] = {}
    for owner in (item, operation):
        for _, place in owner.children("parameters"):
            declared[place.get("in"), place.get("name")] = place
    return ParameterPlan(
        tuple(_compile(place, schemas, operation_id) for place in declared.values()),
        ignore_unknown_query=operation.get("x-unknown-query") == "ignore",
    )


def _compile(place: Place, schemas: Schemas, operation_id: str) -> Parameter:
    name, location = place.get("name"), place.get("in")
    says = f"The operation {operation_id}: its {location} parameter {name}"
    style = place.get("style", _STYLES[location])
    if style != _STYLES[location] or "content" in place:
        raise ContractError(f"{says} has a form ({style} or content) that this server does not read.")
    schema = place.schema("schema")
    types = _types(schema)
    array = "array" in types
    if "object" in types:
        raise ContractError(f"{says} is an object; write its members as parameters.")
    return Parameter(
        name=name,
        location=location,
        argument=argument_name(name, location),
        required=place.get("required", False) is True,
        types=_ordered(_types(schema.followed().schema("items"))) if array else _ordered(types),
        array=array,
        separated=location != "query" or place.get("explode", True) is False,
        validator=schemas.request(schema.pointer),
        pointer=f"/{location}/{name}",
    )


def argument_name(name: str, location: str) -> str:
    """A parameter's name as a handler's argument: the header `If-None-Match` is `if_none_match`."""
    return (name.lower() if location == "header" else name).replace("-", "_")


def _types(schema: Place) -> frozenset[str]:
    """Every JSON type that a schema lets through, as its words, references and alternatives say."""
    if not isinstance(schema.node, dict):
        return frozenset(("string",))
    said = schema.get("type")
    if said is not None:
        return frozenset(said if isinstance(said, list) else [said])
    found: frozenset[str] = frozenset()
    for keyword in ("oneOf", "anyOf", "allOf"):
        if keyword in schema:
            for _, child in schema.schemas(keyword):
                found |= _types(child)
    if "$ref" in schema:
        found |= _types(schema.followed())
    literals: list[Any] = [*schema.get("enum", ()), *([schema.get("const")] if "const" in schema else ())]
    names = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    found |= {names[type(value)] for value in literals if type(value) in names}
    return found or frozenset(("string",))


def _ordered(types: frozenset[str]) -> tuple[str, ...]:
    """Text is tried first where the schema takes text, so that nothing that is a valid string changes."""
    order = ("string", "integer", "number", "boolean", "null")
    return tuple(kind for kind in order if kind in types)
