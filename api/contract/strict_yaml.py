"""Reads the contract's YAML the way JSON would mean it: YAML 1.2 scalars, string keys only, no key twice.

PyYAML speaks YAML 1.1, where `2026-11-22` is a date, `on` is true and `12:30` is 750. A contract that says
one thing to its readers and another to its server is worth refusing, so only the JSON-like scalars of the
YAML 1.2 core schema are recognised here, and a repeated key is an error instead of a silent overwrite.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: the same result, slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


_STRING = "tag:yaml.org,2002:str"


class YamlRefused(ValueError):
    """The text is not the strict YAML that a contract is written in. The message says where, in one
    sentence."""


class _StrictLoader(_Loader):
    """A safe loader without timestamps, sexagesimals and yes/no; keys are strings and stand once."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name and shape


def _construct_mapping(loader: _StrictLoader, node: yaml.MappingNode) -> Any:
    mapping: dict[str, object] = {}
    yield mapping
    _refuse_keys(loader, node)
    loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        mapping[_constructed(loader, key_node)] = _constructed(loader, value_node)


def _constructed(loader: _StrictLoader, node: yaml.Node) -> Any:
    """What a node means. Nearly all are strings, which need none of the library's care."""
    if node.tag == _STRING and isinstance(node, yaml.ScalarNode):
        return node.value
    return loader.construct_object(node, deep=True)


def _refuse_keys(loader: _StrictLoader, node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = _constructed(loader, key_node)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise YamlRefused(f"Line {line}: the key {key!r} is not a string; write it in quotes.")
        if key in seen:
            raise YamlRefused(f"Line {line}: the key {key!r} stands twice in the same mapping.")
        seen.add(key)


def _construct_integer(loader: _StrictLoader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node), 10)


def _resolve(tag: str, pattern: str, first_characters: str) -> None:
    expression = re.compile(pattern)
    for character in first_characters:
        _StrictLoader.yaml_implicit_resolvers.setdefault(character, []).append(
            (f"tag:yaml.org,2002:{tag}", expression)
        )


_resolve("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_resolve("null", r"^(?:~|null|Null|NULL)$", "~nN")
_StrictLoader.yaml_implicit_resolvers.setdefault("", []).append(("tag:yaml.org,2002:null", re.compile(r"^$")))
_resolve("int", r"^[-+]?[0-9]+$", "-+0123456789")
_resolve("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+)$", "-+.0123456789")
_resolve("merge", r"^<<$", "<")
_StrictLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_StrictLoader.add_constructor("tag:yaml.org,2002:int", _construct_integer)


def read(raw: bytes) -> object:
    """The value that the bytes stand for. Raises `YamlRefused` with the line of the first thing that cannot
    be meant."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise YamlRefused(f"Byte {failure.start}: the file is not UTF-8.") from failure
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a safe loader, stricter still
    except yaml.MarkedYAMLError as failure:
        line = failure.problem_mark.line + 1 if failure.problem_mark else 1
        raise YamlRefused(f"Line {line}: {failure.problem}.") from failure
    except yaml.YAMLError as failure:
        raise YamlRefused(f"The file is not YAML: {failure}.") from failure
