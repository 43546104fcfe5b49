"""Everything that the server does by itself, in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from api.contract.document import ContractError
from api.contract.retention import compile_retention
from api.jobs.credits import CreditJobs
from api.jobs.expiry import RemoveExpired
from api.jobs.job import Job, Run
from api.jobs.metrics import KEY_AGES
from persistence import mails, providers
from persistence.retention import NothingToExpire, Removal, removals


def schedule(
    contract: Mapping[str, Any],
    *,
    unclaimed_life: timedelta,
    send_mails: Run,
    credit_jobs: CreditJobs,
    look_at_provider_keys: Run,
) -> tuple[Job, ...]:
    """The jobs. `unclaimed_life` is the operator's word on unclaimed instances, `send_mails` what sends,
    `credit_jobs` what looks after the books, and `look_at_provider_keys` what says that a key is old.

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
        Job(
            "release_holds",
            every=timedelta(minutes=1),
            what="Gives back the credits that calls of the assistant held whose server died.",
            run=credit_jobs.release_holds,
        ),
        Job(
            "expire_credits",
            every=timedelta(hours=1),  # for those who do not look; whoever does sees it at once
            what="Takes the credits that are past their time.",
            run=credit_jobs.expire_credits,
        ),
        Job(
            "verify_books",
            every=timedelta(days=1),
            what="Makes every balance again from the entries of the ledger, and fails on any difference.",
            run=credit_jobs.verify_books,
        ),
        Job(
            KEY_AGES,
            every=timedelta(days=1),
            what="Says which keys of providers are to be rotated.",
            run=look_at_provider_keys,
            backlog=providers.KEY_AGES,
        ),
    )


def _removals(contract: Mapping[str, Any], unclaimed_life: timedelta) -> Sequence[Removal]:
    try:
        return removals(compile_retention(contract, unclaimed_life=unclaimed_life))
    except NothingToExpire as failure:
        raise ContractError(f"A declared retention cannot be kept. {failure}") from failure
