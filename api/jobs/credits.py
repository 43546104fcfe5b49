"""The jobs that look after credits: calls whose server died, what is over of people who do not look, and
whether the books balance.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.jobs.job import Outcome, Run
from api.jobs.metrics import JobMetrics
from api.logs import Event, Logs
from handlers.ports import Randomness
from persistence.credits import books, expiring, sweeping
from persistence.credits.expiring import Place
from persistence.database import Database
from persistence.retention import BEGINNING

AT_ONCE: Final = books.AT_ONCE
STEPS_PER_RUN: Final = 100  # what is left then is done by the next run, which follows soon


class BooksDoNotBalance(Exception):
    """Somebody's credits are not what their history makes. The log says by which rules, doctor and
    `scripts/admin credits verify` say whose."""


@dataclass(frozen=True, slots=True)
class CreditJobs:
    """The runs of these jobs."""

    release_holds: Run
    expire_credits: Run
    verify_books: Run


class ReleaseHolds:
    """Gives back what calls held that are past their time."""

    def __init__(self, *, at_once: int = AT_ONCE, steps_per_run: int = STEPS_PER_RUN) -> None:
        self._at_once = at_once
        self._steps_per_run = steps_per_run

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        """End them, step by step, each final by itself. Raises StoreUnavailable."""
        ended = 0
        for _ in range(self._steps_per_run):
            async with database.unit_of_work() as store:
                step = await sweeping.release_overdue(store, now=now, at_most=self._at_once)
            ended += step
            if step < self._at_once:
                return Outcome(ended, more=False, idle=ended == 0)
        return Outcome(ended, more=True)


class ExpireCredits:
    """Takes what is over of the credits of everybody who has some."""

    def __init__(
        self, *, randomness: Randomness, at_once: int = AT_ONCE, steps_per_run: int = STEPS_PER_RUN
    ) -> None:
        self._randomness = randomness
        self._at_once = at_once
        self._steps_per_run = steps_per_run

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        """Take it, one wallet after the other, each final by itself; what calls under way hold stays until
        the next run. No row is deleted. Raises StoreUnavailable."""
        place, seen = Place(BEGINNING, ""), False
        for _ in range(self._steps_per_run):
            wallets = await expiring.overdue(
                database.unit_of_work(), now=now, after=place, at_most=self._at_once
            )
            for each in wallets:
                async with database.unit_of_work() as store:
                    await expiring.expire(store, user_id=each.user_id, now=now, randomness=self._randomness)
            seen = seen or bool(wallets)
            if len(wallets) < self._at_once:
                return Outcome(0, more=False, idle=not seen)
            place = wallets[-1]
        return Outcome(0, more=True)


class VerifyBooks:
    """Holds everybody's balance against the entries of the ledger."""

    def __init__(self, *, logs: Logs, metrics: JobMetrics, at_once: int = AT_ONCE) -> None:
        self._logs = logs
        self._metrics = metrics
        self._at_once = at_once
        for what in books.RULES:
            metrics.credits_differ(what, 0)

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        """Look at everybody, some at a time, and tell by which rules how much differs; whose it is stays out
        of the log. Raises BooksDoNotBalance, StoreUnavailable."""
        found: Counter[str] = Counter()
        after: str | None = ""
        while after is not None:
            verdict = await books.look(database.unit_of_work(), after=after, at_most=self._at_once)
            found.update(each.what for each in verdict.differences)
            after = verdict.last
        for what in books.RULES:
            self._metrics.credits_differ(what, found[what])
            if found[what]:
                self._logs.emit(Event.CREDITS_DIFFER, what=what, differences=found[what])
        if found:
            raise BooksDoNotBalance
        return Outcome(0, more=False, idle=True)
