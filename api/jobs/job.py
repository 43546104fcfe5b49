"""What a job is, and what a run of it tells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from persistence.database import Database
from persistence.statement import Statement


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many rows a run deleted, whether it stopped at its bound with `more` left to do, and whether it
    found nothing to do (`idle`), which is counted and not logged."""

    rows: int
    more: bool
    idle: bool = False


Run = Callable[[Database, datetime], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done `every` so often (see `persistence.job_queue.Duty`): `name` is its word in queue,
    logs and metrics, `what` says it in a sentence.

    `run` is given the database and the moment that counts as now. It commits in small steps, so that being
    cut short at any point loses at most one, and raises StoreUnavailable when the database cannot serve it.
    `told_on` and `backlog` are those of a Duty.
    """

    name: str
    every: timedelta
    what: str
    run: Run
    told_on: str | None = None
    backlog: Statement | None = None
