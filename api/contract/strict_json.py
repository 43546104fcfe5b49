"""JSON as it is meant between machines (RFC 8259, RFC 7493): one reading of every body, or a refusal.

Refused are: anything but UTF-8, a byte order mark, repeated member names, NaN and infinities, lone
surrogates, integers beyond 64 bits, and nesting deeper than `MAX_DEPTH`. Whole numbers written as `1.0` or
`1e2` become integers, because JSON Schema calls them so and a handler that was promised an integer should
get one.

`orjson` settles syntax, encoding, surrogates and NaN. It accepts repeated names, which is decided by
counting: a valid text has one colon outside of strings per written member, so when the text has no more
colons than the value has members, nothing was repeated. Texts with colons inside strings are read a second
time by the standard library's parser, which hands over the pairs.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from api.contract.refusals import refused

MAX_DEPTH = 32
_EXACT = 2.0**53  # above it, a float no longer names one integer
_INT64 = (-(2**63), 2**63 - 1)
_UNCOUNTABLE = 2**40  # more members than any body has colons


def parse(raw: bytes, pointer: str = "") -> Any:
    """The value of a JSON text. Raises `RequestRefused` (400) at `pointer` with one of the codes

    `json`, `duplicate_member`, `integer_range`, `depth`.
    """
    try:
        holder = [orjson.loads(raw)]
    except orjson.JSONDecodeError as failure:
        raise refused(pointer, "json") from failure
    if _settle(holder, 0, pointer) != raw.count(b":"):
        _refuse_repeats_and_giants(raw, pointer)
    return holder[0]


def _settle(value: Any, depth: int, pointer: str) -> int:
    """Count the members below an object or array and make its whole floats integers.

    What is, or may stand for, a giant integer spoils the count on purpose, so that the text is read again.
    """
    if depth > MAX_DEPTH:
        raise refused(pointer, "depth")
    count, entries = (len(value), value.items()) if type(value) is dict else (0, enumerate(value))
    whole = None
    for key, child in entries:
        kind = type(child)
        if kind is dict or kind is list:
            count += _settle(child, depth + 1, pointer)
        elif kind is int and child > _INT64[1]:
            count += _UNCOUNTABLE
        elif kind is float and child.is_integer():
            if -_EXACT <= child <= _EXACT:
                whole = [*whole, key] if whole else [key]
            else:
                count += _UNCOUNTABLE
    for key in whole or ():
        value[key] = int(value[key])
    return count


class _Repeats:
    """Collects what the standard library's parser is told about members and numbers."""

    def __init__(self) -> None:
        self.code: str | None = None

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            self.code = "duplicate_member"
        return members

    def integer(self, digits: str) -> int:
        # Longer than any 64-bit integer: not worth converting, which takes quadratic time.
        if len(digits) > 20 or not _INT64[0] <= int(digits) <= _INT64[1]:
            self.code = self.code or "integer_range"
            return 0
        return int(digits)


def _refuse_repeats_and_giants(raw: bytes, pointer: str) -> None:
    seen = _Repeats()
    try:
        json.loads(raw, object_pairs_hook=seen.pairs, parse_int=seen.integer)
    except (ValueError, RecursionError) as failure:
        raise refused(pointer, "json") from failure
    if seen.code is not None:
        raise refused(pointer, seen.code)
