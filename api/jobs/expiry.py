"""The job that keeps the declared retention: it deletes what is past its time, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from api.jobs.job import Outcome
from persistence.database import Database, StoreUnavailable
from persistence.retention import BEGINNING, Removal

ROWS_PER_STEP: Final = 1_000  # a fraction of a second of work, for which rows are locked
STEPS_PER_RUN: Final = 100  # of each record; what is left then is done by the next run, which follows soon
SECONDS_PER_RUN: Final = 5.0  # of each record, likewise, should steps be slow
_SMALLER, _LARGER = 4, 2


class RemoveExpired:
    """Deletes every record's expired rows, step by step, each step final by itself.

    A row may take much with it (an instance its tokens), so a step can be too much for the time that a
    statement is given. After a run that failed the steps of the next are a quarter as large, and grow again
    with every run that did not.
    """

    def __init__(
        self,
        removals: Sequence[Removal],
        *,
        rows_per_step: int = ROWS_PER_STEP,
        steps_per_run: int = STEPS_PER_RUN,
        seconds_per_run: float = SECONDS_PER_RUN,
    ) -> None:
        self._removals = removals
        self._most_per_step = self._rows_per_step = rows_per_step
        self._steps_per_run = steps_per_run
        self._seconds_per_run = seconds_per_run

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        """Delete what has expired by `now`, within the bounds of a run. Raises StoreUnavailable."""
        try:
            outcomes = [await self._remove(removal, database, now) for removal in self._removals]
        except StoreUnavailable:
            self._rows_per_step = max(1, self._rows_per_step // _SMALLER)
            raise
        self._rows_per_step = min(self._most_per_step, self._rows_per_step * _LARGER)
        return Outcome(sum(each.rows for each in outcomes), any(each.more for each in outcomes))

    async def _remove(self, removal: Removal, database: Database, now: datetime) -> Outcome:
        rows, since, until = 0, BEGINNING, time.monotonic() + self._seconds_per_run
        for _ in range(self._steps_per_run):
            async with database.unit_of_work() as store:
                step = await removal.step(store, now=now, since=since, at_most=self._rows_per_step)
            rows, since = rows + step.rows, step.reached
            if not step.more:
                return Outcome(rows, more=False)
            if time.monotonic() > until:
                break
        return Outcome(rows, more=True)
