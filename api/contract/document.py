"""The contract as a document: its exact bytes, what they mean, and the refusal of a document that is not
OpenAPI 3.1.

The bytes are kept because they are served: what an auditor reads at `/openapi.yaml` is the file that the
server was compiled from, and its ETag is the SHA-256 of those bytes. No template language runs over the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from api.contract.strict_yaml import YamlRefused, read
from api.contract.validity import first_failure
from api.contract.verdicts import Verdicts

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class ContractError(Exception):
    """The contract cannot be served. The message is one sentence (or one per line) naming the operation."""


@dataclass(frozen=True, slots=True)
class Document:
    """A contract: the file's bytes, the tree they mean, the same as JSON, and a strong ETag for each form."""

    raw: bytes
    tree: dict[str, Any]
    json: bytes
    etag: str
    json_etag: str


def load(path: Path, *, judged: str | None = None) -> Document:
    """Read the contract at `path`. Raises `ContractError` when it is missing or not valid OpenAPI 3.1.

    `judged` is the ETag of a document that whoever started this process has found valid.
    """
    try:
        raw = path.read_bytes()
    except OSError as failure:
        raise ContractError(f"The contract {path} cannot be read: {failure.strerror}.") from failure
    return parse(raw, judged=judged)


def parse(raw: bytes, *, judged: str | None = None) -> Document:
    """The contract that the bytes of a YAML file stand for. Raises `ContractError` like `load`."""
    try:
        tree = read(raw)
    except YamlRefused as failure:
        raise ContractError(f"The contract is not strict YAML. {failure}") from failure
    if not isinstance(tree, dict):
        raise ContractError("The contract is not an OpenAPI document: its top level is not a mapping.")
    _refuse_repeated_operation_ids(tree)
    etag = strong_etag(raw)
    if etag != judged:
        _refuse_invalid(tree)
    as_json = orjson.dumps(tree)
    return Document(raw=raw, tree=tree, json=as_json, etag=etag, json_etag=strong_etag(as_json))


def strong_etag(body: bytes) -> str:
    """A strong entity tag: the quoted hexadecimal SHA-256 of the bytes (RFC 9110 section 8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()}"'


def operations(tree: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of the tree in its order, as path, lower-case method and operation object."""
    paths = tree.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            if isinstance(operation, dict):
                yield path, method, operation


def _refuse_repeated_operation_ids(tree: Mapping[str, Any]) -> None:
    places: dict[str, str] = {}
    for path, method, operation in operations(tree):
        place = f"{method.upper()} {path}"
        name = operation.get("operationId")
        if not isinstance(name, str) or not name.isidentifier():
            raise ContractError(f"The operation {place} has no operationId that could be a function's name.")
        if name in places:
            raise ContractError(f"The operation {name} stands twice: {places[name]} and {place}.")
        places[name] = place


def _refuse_invalid(tree: dict[str, Any]) -> None:
    version = tree.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.1."):
        raise ContractError(f"The contract says openapi: {version!r}; this server compiles OpenAPI 3.1.")
    failure = first_failure(tree, Verdicts.of_this_environment())
    if failure is None:
        return
    if failure.place is None:
        raise ContractError(f"The contract does not resolve: {failure.message[:200]}")
    place = "/".join(map(str, failure.place)) or "the top level"
    raise ContractError(
        f"The contract is not valid OpenAPI 3.1 at {_named(tree, failure.place)}{place}: "
        f"{failure.message[:300]}"
    )


def _named(tree: Mapping[str, Any], path: tuple[str | int, ...]) -> str:
    """The operation that a failure's path leads through, as `operationId: `, or nothing."""
    node: Any = tree
    for part in path:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return ""
        if isinstance(node, dict) and isinstance(node.get("operationId"), str):
            return f"{node['operationId']}: "
    return ""
