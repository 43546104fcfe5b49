"""Questions about sets of values, answered by the canonical form of JSON Schema.

Only `yes` and `no` are proofs. `unknown` says that the canonical form could not decide: whoever asked treats
it as something to look at.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import jsonschema_rs

from api.contract.differences.schemas import Schema

_CONTEXT = ("$schema", "$defs")
_LETTERS = "aA0 -_\n"
_UNDECIDED = (
    ValueError,
    jsonschema_rs.ReferencingError,
)  # of both, the library's own kinds of ValueError included


class Answer(StrEnum):
    """Whether something is so."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def covers(big: Schema, small: Schema) -> Answer:
    """Whether every value of `small` is one of `big`."""
    try:
        return Answer(_canonical(big).covers(_canonical(small)).value)
    except _UNDECIDED:
        return Answer.UNKNOWN


def refuted(big: Schema, small: Schema, rest: Any) -> bool:
    """Whether one value shows that `big` does not cover `small`. `rest`, as `without` gave it, says where to
    look.

    For what the canonical form leaves open because of a pattern: it does not know which strings match one.
    """
    if not isinstance(rest, dict) or rest.get("type") != "string":
        return False
    shortest = rest.get("minLength", 0)
    validators = [_validator(each) for each in (small, big)]
    return any(
        validators[0].is_valid(letter * shortest) and not validators[1].is_valid(letter * shortest)
        for letter in _LETTERS
    )


def disjoint(one: Schema, other: Schema) -> bool:
    """Whether it is proven that no value belongs to both."""
    try:
        shared = _canonical(one).intersect(_canonical(other))
    except _UNDECIDED:
        return False
    return shared.satisfiability() == jsonschema_rs.canonical.Satisfiability.NO


def without(small: Schema, big: Schema) -> Any:
    """A JSON Schema of the values of `small` that are not ones of `big`; None where it has no such form."""
    try:
        rest = _canonical(small).subtract(_canonical(big)).to_json_schema()
    except _UNDECIDED:
        return None
    if not isinstance(rest, dict):
        return rest
    return {word: value for word, value in rest.items() if word not in _CONTEXT}


def _validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema.document(), validate_formats=True, offline=True)


def _canonical(schema: Schema) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(
        schema.document(), draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
    )
