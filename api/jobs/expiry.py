"""The job that keeps the declared retention: it deletes what is past its time, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from api.jobs.job import Outcome
from persistence.database import Database
from persistence.retention import Removal

ROWS_PER_STEP: Final = 1_000  # a fraction of a second of work, for which rows are locked
STEPS_PER_RUN: Final = 100  # of each record; what is left then is done by the next run, which follows soon


class RemoveExpired:
    """Deletes every record's expired rows, step by step, each step final by itself."""

    def __init__(
        self,
        removals: Sequence[Removal],
        *,
        rows_per_step: int = ROWS_PER_STEP,
        steps_per_run: int = STEPS_PER_RUN,
    ) -> None:
        self._removals = removals
        self._rows_per_step = rows_per_step
        self._steps_per_run = steps_per_run

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        """Delete what has expired by `now`, within the bounds of a run. Raises StoreUnavailable."""
        outcomes = [await self._remove(removal, database, now) for removal in self._removals]
        return Outcome(sum(each.rows for each in outcomes), any(each.more for each in outcomes))

    async def _remove(self, removal: Removal, database: Database, now: datetime) -> Outcome:
        rows = 0
        for _ in range(self._steps_per_run):
            async with database.unit_of_work() as store:
                step = await removal.step(store, now=now, at_most=self._rows_per_step)
            rows += step
            if step < self._rows_per_step:
                return Outcome(rows, more=False)
        return Outcome(rows, more=True)
