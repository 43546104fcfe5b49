"""Everything that the server does by itself, in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from api.contract.document import ContractError
from api.contract.retention import compile_retention
from api.jobs.expiry import RemoveExpired
from api.jobs.job import Job, Run
from persistence import mails
from persistence.retention import NothingToExpire, Removal, removals


def schedule(contract: Mapping[str, Any], *, unclaimed_life: timedelta, send_mails: Run) -> tuple[Job, ...]:
    """The jobs. `unclaimed_life` is the operator's word on unclaimed instances,
    `send_mails` what sends.

    Raises ContractError when a declared retention cannot be kept.
    """
    return (
        Job(
            "remove_expired",
            every=timedelta(hours=1),
            what="Deletes the rows that are past the retention which the contract declares for their record.",
            run=RemoveExpired(_removals(contract, unclaimed_life)),
        ),
        Job(
            "send_mails",
            every=timedelta(minutes=1),  # for those that are tried again; a new one is told of
            what="Sends the mails that wait in the outbox.",
            run=send_mails,
            told_on=mails.CHANNEL,
            backlog=mails.COUNTS,
        ),
    )


def _removals(contract: Mapping[str, Any], unclaimed_life: timedelta) -> Sequence[Removal]:
    try:
        return removals(compile_retention(contract, unclaimed_life=unclaimed_life))
    except NothingToExpire as failure:
        raise ContractError(f"A declared retention cannot be kept. {failure}") from failure
