"""Where, inside a schema, something that clients relied on went away.

A whole schema is seldom comparable in one step, and a proof about the whole names no place. So objects are
compared member by member and arrays by their items, as long as no keyword ties the parts together; unions
alternative by alternative; and only what cannot be taken apart is put to the canonical form. A part that
holds proves its share of the whole; a part that does not is reported where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import Any

import orjson

from api.contract.differences.canonical import Answer, covers, disjoint, refuted, without
from api.contract.differences.presence import closed, is_closed, opened
from api.contract.differences.schemas import Schema

_ADDED = "additionalProperties"
_TYING = frozenset(
    {
        "patternProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
        "prefixItems",
        "contains",
        "dependentSchemas",
    }
)
_PARTS = frozenset({"properties", "required", "additionalProperties", "items"})
_UNIONS = ("oneOf", "anyOf")


class Direction(Enum):
    """Who writes the values: the client (`INPUT`) or the server (`OUTPUT`)."""

    INPUT = "input"
    OUTPUT = "output"


class Kind(Enum):
    """What went away."""

    VALUES = "values"  # input: values that were taken; output: values that the client could rule out
    PRESENCE = "presence"  # input: a member's freedom to be missing; output: its being always there
    MEMBER = "member"  # a declared member
    OPENNESS = "openness"  # input: members that are not declared


_NAMED = (Kind.MEMBER, Kind.OPENNESS)  # what the values alone do not tell


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Something that went away. `place` is a pointer below the schema, where `*` stands for any item or
    any member that is not declared."""

    kind: Kind
    place: str
    proven: bool
    values: Any = None


def narrowings(old: Schema, new: Schema, direction: Direction) -> list[Narrowing]:
    """What the new schema takes away from clients of the old one; nothing if they notice nothing.

    Members that an old input did not declare were ignored, so declaring them takes nothing away. Outputs are
    read with members that are not declared, because clients ignore those.
    """
    if direction is Direction.OUTPUT:
        old, new = opened(old), opened(new)
    return list(_compared(old, new, direction, ""))


def _compared(old: Schema, new: Schema, direction: Direction, place: str) -> Iterator[Narrowing]:
    if _is_same(old, new):
        return
    if _is_union(old) or _is_union(new):
        yield from _of_unions(old, new, direction, place)
    elif _has_parts(old) and _has_parts(new):
        yield from _of_members(old, new, direction, place)
        yield from _of_others(old, new, direction, place)
        yield from _undivided(_remainder(old), _remainder(new), direction, place)
    else:
        yield from _undivided(old, new, direction, place)


def _undivided(old: Schema, new: Schema, direction: Direction, place: str) -> Iterator[Narrowing]:
    small, big = (closed(old), new) if direction is Direction.INPUT else (new, old)
    answer = Answer.YES if _is_same(small, big) else covers(big, small)
    if answer is not Answer.YES:
        rest = without(small, big)
        yield Narrowing(Kind.VALUES, place, answer is Answer.NO or refuted(big, small, rest), rest)


def _of_members(old: Schema, new: Schema, direction: Direction, place: str) -> Iterator[Narrowing]:
    before, after = _properties(old), _properties(new)
    for name in before:
        where = f"{place}/{name}"
        if name not in after:
            yield Narrowing(Kind.MEMBER, where, proven=True)
        else:
            yield from _compared(old.part(before[name]), new.part(after[name]), direction, where)
    demanded, free = (new, old) if direction is Direction.INPUT else (old, new)
    for name in sorted(set(demanded.body.get("required", [])) - set(free.body.get("required", []))):
        if direction is Direction.INPUT or name in after:
            yield Narrowing(Kind.PRESENCE, f"{place}/{name}", proven=True)


def _of_others(old: Schema, new: Schema, direction: Direction, place: str) -> Iterator[Narrowing]:
    """Members that are not declared by name, and items."""
    if direction is Direction.INPUT and is_closed(new) and not is_closed(old):
        yield Narrowing(Kind.OPENNESS, place, proven=True)
    elif not is_closed(old):
        yield from _compared(_below(old, _ADDED), _below(new, _ADDED), direction, f"{place}/*")
    yield from _compared(_below(old, "items"), _below(new, "items"), direction, f"{place}/*")


def _below(schema: Schema, word: str) -> Schema:
    return schema.part(schema.body.get(word, True))


def _of_unions(old: Schema, new: Schema, direction: Direction, place: str) -> Iterator[Narrowing]:
    """Each alternative that is sent must be one of those that are understood."""
    sent, understood = (old, new) if direction is Direction.INPUT else (new, old)
    if not _is_disjoint(
        understood
    ):  # `oneOf` refuses what two alternatives share: only the whole can be asked
        yield from _undivided(old, new, direction, place)
        return
    for alternative in _alternatives(sent):
        attempts = []
        for candidate in _alternatives(understood):
            pair = (alternative, candidate) if direction is Direction.INPUT else (candidate, alternative)
            attempts.append(list(_compared(*pair, direction, place)))
        closest = min(attempts, key=_weight)
        if any(each.kind in _NAMED for each in closest) or (
            closest and covers(understood, closed(alternative)) is not Answer.YES
        ):
            yield from closest


def _weight(found: list[Narrowing]) -> tuple[int, int]:
    """How far an alternative is from another: first whether it is of another type, then by count."""
    return sum(each.kind is Kind.VALUES and each.proven for each in found), len(found)


def _is_same(one: Schema, other: Schema) -> bool:
    """Whether two schemas are written alike. References are named after their content, so bodies decide."""
    texts = (orjson.dumps(each.body, option=orjson.OPT_SORT_KEYS) for each in (one, other))
    return next(texts) == next(texts)


def _is_union(schema: Schema) -> bool:
    return isinstance(schema.body, dict) and len(schema.body) == 1 and next(iter(schema.body)) in _UNIONS


def _is_disjoint(schema: Schema) -> bool:
    if not _is_union(schema) or "anyOf" in schema.body:
        return True
    return all(disjoint(one, other) for one, other in combinations(_alternatives(schema), 2))


def _alternatives(schema: Schema) -> list[Schema]:
    if not _is_union(schema):
        return [schema]
    (alternatives,) = schema.body.values()
    return [schema.part(each) for each in alternatives]


def _has_parts(schema: Schema) -> bool:
    return (
        isinstance(schema.body, dict)
        and bool(_PARTS & schema.body.keys())
        and not _TYING & schema.body.keys()
    )


def _remainder(schema: Schema) -> Schema:
    return schema.part({word: value for word, value in schema.body.items() if word not in _PARTS})


def _properties(schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = schema.body.get("properties", {})
    return found
