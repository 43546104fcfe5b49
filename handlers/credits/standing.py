"""How a person stands in credits now, once what is due has come and what is over has gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.ports import Randomness
from handlers.user.finding import UnknownUser
from persistence.credits import listing
from persistence.credits.months import begin_of_next
from persistence.credits.refreshing import refresh
from persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class CreditsAt:
    """So many credits, at that moment."""

    at: datetime
    credits: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the `balance`, `reserved` is set aside for calls under way. `next_grant` is what the plan gives
    next, `next_expiry` what is over first; None for nothing.
    """

    balance: int
    reserved: int
    next_grant: CreditsAt | None
    next_expiry: CreditsAt | None

    @property
    def available(self) -> int:
        """What a call may use."""
        return self.balance - self.reserved


async def of(user_id: str, *, store: UnitOfWork, randomness: Randomness, now: datetime) -> Standing:
    """How the account stands, with its wallet brought up to date. Raises UnknownUser."""
    await refresh(store, user_id=user_id, now=now, randomness=randomness)
    row = await listing.standing(store, user_id=user_id, now=now)
    if row is None:
        raise UnknownUser
    return Standing(
        row["posted"],
        row["held"],
        next_grant(row["monthly_credits"], plan_until=row["plan_until"], now=now),
        CreditsAt(row["next_expiry"], row["expiring"]) if row["next_expiry"] is not None else None,
    )


def next_grant(monthly_credits: int, *, plan_until: datetime | None, now: datetime) -> CreditsAt | None:
    """What a plan that is in force gives at the beginning of the next month, if it is still in force then."""
    at = begin_of_next(now)
    if monthly_credits == 0 or (plan_until is not None and plan_until <= at):
        return None
    return CreditsAt(at, monthly_credits)
