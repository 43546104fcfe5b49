"""Everything that the server does by itself, in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from api.contract.document import ContractError
from api.contract.retention import compile_retention
from api.jobs.expiry import RemoveExpired
from api.jobs.job import Job
from persistence.retention import NothingToExpire, Removal, removals


def schedule(contract: Mapping[str, Any], *, unclaimed_life: timedelta) -> tuple[Job, ...]:
    """The jobs. `unclaimed_life` is the operator's word on unclaimed instances.

    Raises ContractError when a declared retention cannot be kept.
    """
    return (
        Job(
            "remove_expired",
            every=timedelta(hours=1),
            what="Deletes the rows that are past the retention which the contract declares for their record.",
            run=RemoveExpired(_removals(contract, unclaimed_life)),
        ),
    )


def _removals(contract: Mapping[str, Any], unclaimed_life: timedelta) -> Sequence[Removal]:
    try:
        return removals(compile_retention(contract, unclaimed_life=unclaimed_life))
    except NothingToExpire as failure:
        raise ContractError(f"A declared retention cannot be kept. {failure}") from failure
