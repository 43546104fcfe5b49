"""Two whole contracts: which operations came, went or changed.

An operation is known by its method and its path without the names in it, because that is what clients call. A
path parameter is known by where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.contract.differences.admission import of_security
from api.contract.differences.change import Change, Verdict
from api.contract.differences.exchange import of_answers, of_bodies, of_parameters
from api.contract.document import operations
from api.contract.place import Place
from api.contract.validation import as_requests, as_responses

_OUTSIDE = "x-outside-operations"
_ORDER = list(Verdict)


class _Reading:
    """A document and the two ways in which its schemas are read."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree = tree
        self.requests = Place(as_requests(tree), as_requests(tree))
        self.responses = Place(as_responses(tree), as_responses(tree))
        self.operations = {
            (method, re.sub(r"\{[^}]*\}", "{}", path)): (path, each)
            for path, method, each in operations(tree)
        }


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Every difference that clients could notice, the breaking ones first, otherwise in the documents' order.

    Both are whole documents as `document.load` returns them. Words for readers are no differences.
    """
    before, after = _Reading(old), _Reading(new)
    changes = list(_changes(before, after))
    return sorted(changes, key=lambda change: _ORDER.index(change.verdict))


def major_of(tree: Mapping[str, Any]) -> int:
    """The major part of `info.version`: only its growth permits a breaking change."""
    return int(str(tree["info"]["version"]).split(".", 1)[0])


def _changes(before: _Reading, after: _Reading) -> Iterator[Change]:
    for key in before.operations | after.operations:
        method, _ = key
        if key not in after.operations:
            path, operation = before.operations[key]
            yield Change(Verdict.BREAKING, operation["operationId"], f"{method.upper()} {path}", "is gone")
        elif key not in before.operations:
            path, operation = after.operations[key]
            yield Change(Verdict.COMPATIBLE, operation["operationId"], f"{method.upper()} {path}", "is new")
        else:
            yield from _of_operation(method, before, before.operations[key], after, after.operations[key])
    yield from of_answers(
        "no operation", _answers(before.responses, _OUTSIDE), _answers(after.responses, _OUTSIDE)
    )


def _of_operation(
    method: str,
    before: _Reading,
    old: tuple[str, dict[str, Any]],
    after: _Reading,
    new: tuple[str, dict[str, Any]],
) -> Iterator[Change]:
    (old_path, was), (new_path, stays) = old, new
    name = was["operationId"]
    yield from _of_names(name, was, stays)
    yield from of_security(name, (before.tree, was), (after.tree, stays))
    asked = before.requests.at("paths").at(old_path), after.requests.at("paths").at(new_path)
    yield from of_parameters(
        name, _parameters(asked[0], method, old_path), _parameters(asked[1], method, new_path)
    )
    yield from of_bodies(name, *(_body(each.at(method)) for each in asked))
    answered = before.responses.at("paths").at(old_path), after.responses.at("paths").at(new_path)
    yield from of_answers(name, *(_answers(each.at(method), "responses") for each in answered))


def _of_names(name: str, was: Mapping[str, Any], stays: Mapping[str, Any]) -> Iterator[Change]:
    if stays["operationId"] != name:
        yield Change(Verdict.BREAKING, name, "operationId", f"is {stays['operationId']} now")
    if was.get("tags") != stays.get("tags"):
        yield Change(Verdict.REVIEW, name, "tags", "are others now")
    if stays.get("deprecated", False) and not was.get("deprecated", False):
        yield Change(Verdict.COMPATIBLE, name, "deprecated", "is announced to go")
    ignored, ignores = (each.get("x-unknown-query") == "ignore" for each in (was, stays))
    if ignored and not ignores:
        yield Change(
            Verdict.BREAKING, name, "query", "turns away parameters that are not declared, which it ignored"
        )
    elif ignores and not ignored:
        yield Change(Verdict.COMPATIBLE, name, "query", "ignores parameters that are not declared now")


def _parameters(item: Place, method: str, path: str) -> dict[tuple[str, str | int], Place]:
    """The parameters of an operation, its own before those of its path."""
    positions = {name: number for number, name in enumerate(re.findall(r"\{([^}]*)\}", path))}
    found: dict[tuple[str, str | int], Place] = {}
    for holder in (item, item.at(method)):
        for _, parameter in holder.children("parameters") if "parameters" in holder else ():
            place, name = parameter.get("in"), parameter.get("name")
            key = (
                positions.get(name, name) if place == "path" else name.lower() if place == "header" else name
            )
            found[place, key] = parameter
    return found


def _body(operation: Place) -> Place | None:
    return operation.at("requestBody") if "requestBody" in operation else None


def _answers(holder: Place, key: str) -> dict[str, Place]:
    return dict(holder.children(key)) if key in holder else {}
