"""The contract's `retention` of every record, compiled: which rows the server deletes by itself, and when.

A record says either `delete-after` and `from`, or `until` with the event that ends its rows; beside `until`
it may say when rows that belong to no workspace go (`unclaimed`). What cannot be read, or counts from a
column that is no point in time, stops the server: a retention that nobody keeps is worse than none declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from api.contract.document import ContractError
from api.contract.duration import duration
from persistence.retention import Expiry

_FORMS = ({"delete-after", "from"}, {"until"}, {"until", "unclaimed"})
_OWNER = "workspace_id"


def compile_retention(tree: Mapping[str, Any], *, unclaimed_life: timedelta | None = None) -> list[Expiry]:
    """What expires by time, in the contract's order.

    `unclaimed_life` replaces what the contract says about unclaimed rows, as it allows the operator to.
    Raises ContractError with a sentence that names the record.
    """
    found: list[Expiry] = []
    for name, record in tree.get("components", {}).get("x-records", {}).items():
        for expiry in _of_record(name, record):
            chosen = unclaimed_life if expiry.unclaimed else None
            found.append(expiry if chosen is None else expiry.after_another(chosen))
    return found


def _of_record(name: str, record: Mapping[str, Any]) -> Iterator[Expiry]:
    declared = record.get("retention")
    if not isinstance(declared, dict) or declared.keys() not in _FORMS:
        raise ContractError(
            f"The record {name} does not say how long its rows are kept"
            " (retention: `delete-after` and `from`, or `until`)."
        )
    if "delete-after" in declared:
        yield _expiry(name, record, declared, unclaimed=False)
    if "unclaimed" in declared:
        yield _unclaimed(name, record, declared["unclaimed"])


def _unclaimed(name: str, record: Mapping[str, Any], declared: object) -> Expiry:
    if not isinstance(declared, dict) or declared.keys() - {"text"} != {"delete-after", "from"}:
        raise ContractError(
            f"The record {name} does not say how long its unclaimed rows are kept"
            " (`delete-after` and `from`)."
        )
    if _OWNER not in record["fields"]:
        raise ContractError(f"The record {name} has no {_OWNER}, so none of its rows is unclaimed.")
    return _expiry(name, record, declared, unclaimed=True)


def _expiry(name: str, record: Mapping[str, Any], declared: Mapping[str, Any], *, unclaimed: bool) -> Expiry:
    column, fields = declared["from"], record["fields"]
    if not isinstance(column, str) or column not in fields:
        raise ContractError(f"The record {name} counts its retention from {column}, a column that it lacks.")
    if fields[column].get("type") != "timestamptz":
        raise ContractError(
            f"The record {name} counts its retention from {column}, which is no point in time (timestamptz)."
        )
    after = duration(declared["delete-after"])
    if after is None:
        raise ContractError(
            f"The record {name} keeps its rows for {declared['delete-after']!r}, which is no ISO 8601"
            " duration of days, hours, minutes and seconds."
        )
    return Expiry(record.get("table", name), column, after, unclaimed=unclaimed)
