"""`application/x-www-form-urlencoded` bodies as OAuth wants them: no field twice, an empty one is absent.

RFC 6749 section 3.2: parameters sent without a value are treated as if they were omitted, and parameters must
not be included more than once.
"""

from __future__ import annotations

from api.contract.percent import pairs
from api.contract.refusals import refused


def parse(raw: bytes, *, declared: frozenset[str]) -> dict[str, str]:
    """The fields of a body, without the declared ones that have no value.

    Raises `RequestRefused` (400) with `form`, `too_many` or `repeated`.
    """
    fields: dict[str, str] = {}
    for name, value in pairs(raw, "", "form"):
        if name in fields:
            raise refused("", "repeated")
        fields[name] = value
    return {name: value for name, value in fields.items() if value or name not in declared}
