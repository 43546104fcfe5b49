"""Looks at how old the keys of providers are, and says which are to be rotated."""

from __future__ import annotations

from datetime import datetime

from api.jobs.job import Outcome
from api.logs import Event, Logs
from handlers.providers import keys
from persistence.database import Database


class LookAtKeyAges:
    """One look: a line in the log for each key that is due, and nothing else."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        """Look. Raises StoreUnavailable."""
        due = [each for each in await keys.ages(store=database.unit_of_work(), now=now) if each.is_due]
        for each in due:
            self._logs.emit(Event.PROVIDER_KEY_DUE, provider=each.provider, days=each.days)
        return Outcome(0, more=False, idle=not due)
