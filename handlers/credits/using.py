"""What a person's credits went for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from persistence.credits import listing
from persistence.unit_of_work import Record, UnitOfWork

DEFAULT_DAYS: Final = 30
MOST_ROWS: Final = 1_000
"""As many as the contract lets one answer have."""


@dataclass(frozen=True, slots=True)
class Used:
    """From the day `since` to the day `until`, both included: for each day and model on which there was a
    call, how many there were, their tokens and credits.
    """

    since: date
    until: date
    rows: Sequence[Record]


async def of(user_id: str, *, days: int, store: UnitOfWork, now: datetime) -> Used:
    """What the account used in so many days with today (UTC)."""
    today = now.astimezone(UTC).date()
    rows = await listing.usage(store, user_id=user_id, days=days, at_most=MOST_ROWS, now=now)
    return Used(today - timedelta(days=days - 1), today, rows)
