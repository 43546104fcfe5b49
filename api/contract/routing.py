"""The path table: which path is which operations, decided before anything else, without redirects.

Paths without parameters are one dictionary look-up on the raw bytes. Others are matched segment by segment;
segments are split before they are percent-decoded, so `%2F` stays inside its parameter. A trailing slash is
another path, and what cannot be decoded is no path at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.contract.document import ContractError
from api.contract.percent import Undecodable, decoded

if TYPE_CHECKING:
    from api.contract.operation import Operation

_TEMPLATE = re.compile(r"\{([^{}]+)\}")
_NO_VALUES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Route:
    """One path: its operations by upper-case method (GET also answers HEAD) and its `Allow`."""

    path: str
    methods: dict[str, Operation] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """The declared methods of the path, exactly: what the contract says, no more and no less."""
        return ", ".join(sorted(each for each, operation in self.methods.items() if operation.method == each))

    def operation(self, method: str) -> Operation | None:
        """The operation that answers a method, if the path has it."""
        return self.methods.get(method)


@dataclass(frozen=True, slots=True)
class _Varying:
    """A segment with parameters: what it must look like, and the parameters' names in order."""

    expression: re.Pattern[str]
    names: tuple[str, ...]


class PathTable:
    """All paths of the contract."""

    def __init__(self) -> None:
        self._static: dict[bytes, Route] = {}
        self._decoded: dict[tuple[str, ...], Route] = {}
        self._templates: dict[int, list[tuple[tuple[_Varying | str, ...], Route]]] = {}
        self._shapes: dict[str, str] = {}

    def add(self, path: str, method: str, operation: Operation) -> None:
        """Add an operation. Raises `ContractError` for two templates that match the same paths."""
        shape = _TEMPLATE.sub("{}", path)
        known = self._shapes.setdefault(shape, path)
        if known != path:
            raise ContractError(
                f"The operation {operation.id}: its path {path} matches the same requests as {known}."
            )
        route = self._route(path)
        route.methods[method] = operation
        if method == "GET":
            route.methods.setdefault("HEAD", operation)

    @property
    def paths(self) -> frozenset[str]:
        """Every path of the table, as the contract writes it."""
        return frozenset(self._shapes.values())

    def find(self, raw_path: bytes) -> tuple[Route | None, Mapping[str, str]]:
        """The route of a request's raw path, with the decoded values of its template."""
        route = self._static.get(raw_path)
        if route is not None:
            return route, _NO_VALUES
        try:
            segments = tuple(decoded(segment) for segment in raw_path.decode("ascii").split("/"))
        except (Undecodable, UnicodeDecodeError):
            return None, _NO_VALUES
        route = self._decoded.get(segments)
        if route is not None:
            return route, _NO_VALUES
        for pattern, candidate in self._templates.get(len(segments), ()):
            values = _matched(pattern, segments)
            if values is not None:
                return candidate, values
        return None, _NO_VALUES

    def _route(self, path: str) -> Route:
        segments = tuple(path.split("/"))
        if "{" not in path:
            route = self._decoded.setdefault(segments, Route(path))
            self._static[path.encode("ascii")] = route
            return route
        candidates = self._templates.setdefault(len(segments), [])
        for _, route in candidates:
            if route.path == path:
                return route
        route = Route(path)
        candidates.append((tuple(_segment_pattern(each) for each in segments), route))
        # A fixed segment is more specific than a template: compare left to right, fixed first.
        candidates.sort(key=lambda entry: tuple(not isinstance(each, str) for each in entry[0]))
        return route


def _segment_pattern(segment: str) -> _Varying | str:
    if "{" not in segment:
        return segment
    parts = _TEMPLATE.split(segment)
    expression = "".join("(.+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return _Varying(re.compile(expression, re.DOTALL), tuple(parts[1::2]))


def _matched(pattern: tuple[_Varying | str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if isinstance(expected, str):
            if expected != segment:
                return None
            continue
        found = expected.expression.fullmatch(segment)
        if found is None:
            return None
        values.update(zip(expected.names, found.groups(), strict=True))
    return values
