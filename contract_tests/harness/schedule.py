"""The schedule of jobs for tests in which no mail is to be sent and no credits are looked after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from api.contract.document import load
from api.jobs.credits import CreditJobs
from api.jobs.job import Job, Outcome
from api.jobs.schedule import schedule
from api.settings import CONTRACT
from persistence.database import Database


def scheduled(
    tree: Mapping[str, Any] | None = None, *, unclaimed_life: timedelta = timedelta(hours=24)
) -> Mapping[str, Job]:
    """The jobs by name, of the contract or another one. Raises ContractError."""
    jobs = schedule(
        tree if tree is not None else load(CONTRACT).tree,
        unclaimed_life=unclaimed_life,
        send_mails=_nothing,
        credit_jobs=CreditJobs(_nothing, _nothing, _nothing),
        look_at_provider_keys=_nothing,
    )
    return {job.name: job for job in jobs}


async def _nothing(database: Database, now: datetime) -> Outcome:
    return Outcome(0, more=False, idle=True)
