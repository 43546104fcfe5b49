"""The contract's `x-collect`, compiled: what a successful call records about its caller, and how often.

This is the only writer of collected data. An operation that declares nothing records nothing, and what it
declares is checked at start: an unknown record, a field that the record does not have, or a source that is
not in the vocabulary stops the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.contract.document import METHODS, ContractError
from api.contract.duration import duration
from handlers.caller import Caller
from handlers.ports import Randomness
from persistence.interactions import record_interaction
from persistence.unit_of_work import UnitOfWork

_SOURCES = {
    "instance_id": "$context.instance_id",
    "user_id": "$context.user_id",
    "operation": "$context.operationId",
    "ip": "$context.client_ip",
    "at": "$context.now",
}


@dataclass(frozen=True, slots=True)
class Collection:
    """What one operation records: an interaction, at most one per `every`, of the instance and (`by_user`)
    the person."""

    every: timedelta
    by_user: bool


class Collections:
    """Every operation's collection, by operationId."""

    def __init__(self, by_operation: Mapping[str, Collection]) -> None:
        self._by_operation = dict(by_operation)

    def get(self, operation_id: str) -> Collection | None:
        """What the operation records, or None."""
        return self._by_operation.get(operation_id)

    def recorded_since(self, operation_id: str, now: datetime) -> datetime | None:
        """A call recorded after this moment makes the next one not due; None when the operation records
        nothing."""
        collection = self._by_operation.get(operation_id)
        return now - collection.every if collection is not None else None


class Recorder:
    """Writes what the collections declare, at commit, under the cadence that the database decides."""

    def __init__(self, collections: Collections, randomness: Randomness) -> None:
        self._collections = collections
        self._randomness = randomness

    def record(
        self, operation_id: str, *, caller: Caller, store: UnitOfWork, client_ip: str | None, now: datetime
    ) -> None:
        """Record a successful call if it may be due. The statement decides again, so parallel calls leave
        one row."""
        collection = self._collections.get(operation_id)
        if collection is None or not caller.record_due or caller.instance_id is None:
            return
        record_interaction(
            store,
            id=self._randomness.id(now),
            instance_id=caller.instance_id,
            user_id=caller.user_id if collection.by_user else None,
            operation=operation_id,
            ip=client_ip,
            at=now,
            recorded_since=now - collection.every,
        )


def compile_collections(tree: Mapping[str, Any]) -> Collections:
    """Read `x-collect` of every operation. Raises ContractError with a sentence naming the operation."""
    records = tree.get("components", {}).get("x-records", {})
    found: dict[str, Collection] = {}
    for item in tree.get("paths", {}).values():
        for method in METHODS:
            operation = item.get(method)
            if operation is None:
                continue
            collection = _compile(operation, records)
            if collection is not None:
                found[operation["operationId"]] = collection
    return Collections(found)


def _refuse_unknown_stores(operation: Mapping[str, Any], records: Mapping[str, Any]) -> None:
    """What an operation may write as its purpose is said of each, in names of declared records."""
    operation_id, stores = operation["operationId"], operation.get("x-stores")
    if not isinstance(stores, list):
        raise ContractError(f"Operation {operation_id} does not say which records it may write (x-stores).")
    unknown = [str(name) for name in stores if name not in records]
    if unknown:
        raise ContractError(
            f"Operation {operation_id} may write {unknown[0]!r}, which is no declared record."
        )


def _compile(operation: Mapping[str, Any], records: Mapping[str, Any]) -> Collection | None:
    operation_id = operation["operationId"]
    declared = operation.get("x-collect")
    if not isinstance(declared, list):
        raise ContractError(f"Operation {operation_id} does not say what it collects (x-collect).")
    _refuse_unknown_stores(operation, records)
    if not declared:
        return None
    if len(declared) > 1 or declared[0].get("record") != "interaction" or "interaction" not in records:
        raise ContractError(f"Operation {operation_id} collects a record that the recorder does not write.")
    sources = {field: source.get("from") for field, source in declared[0].get("set", {}).items()}
    if any(_SOURCES.get(field) != source for field, source in sources.items()):
        raise ContractError(f"Operation {operation_id} collects a field from a source that does not exist.")
    expected = {field for field in records["interaction"]["fields"] if field != "id"}
    by_user = "user_id" in sources
    if set(sources) | {"user_id"} != expected:
        raise ContractError(
            f"Operation {operation_id} does not declare every field of the record that it collects."
        )
    every = duration(declared[0].get("cadence", {}).get("every"))
    if every is None:
        raise ContractError(
            f"Operation {operation_id} collects without a cadence (every: an ISO 8601 duration)."
        )
    return Collection(every=every, by_user=by_user)
