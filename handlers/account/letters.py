"""What a mail is made of: what was put into the outbox, what is to be said, and who says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from handlers.policy import Policy
from handlers.ports import Randomness
from persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """A mail out of the outbox: to whom, about which row, and since when it waits."""

    to: str
    subject_id: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A text, by the name of its folder in `api/mail`, and the values that it has places for."""

    folder: str
    values: Mapping[str, str]


class Composer(Protocol):
    """How one kind of mail is composed, or None when it is not to be sent. Raises StoreUnavailable."""

    async def __call__(
        self, wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
    ) -> Letter | None:
        """Read and write what is needed; the caller commits before the mail leaves."""
        ...


def moment(at: datetime) -> str:
    """A point in time for people: 26 November 2026, 14:05 UTC."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
