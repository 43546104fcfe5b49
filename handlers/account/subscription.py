"""What a person is subscribed to: a plan that was granted, for good or until a moment, and then the first one
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.errors import ApiError, NotFound
from handlers.user.finding import UnknownUser
from persistence import plans
from persistence.unit_of_work import UnitOfWork


class UnknownPlan(NotFound):
    """404: nothing that can be granted is called so."""

    error = "unknown_plan"
    message = "No plan that can be granted has this name."


class OverAlready(ApiError):
    """400: the moment until which it would last is past."""

    error = "over_already"
    message = "That is past: a subscription ends in the future, or not at all."


class NotSubscribed(ApiError):
    """409: there is nothing to end."""

    status = 409
    error = "not_subscribed"
    message = f"This account is on {plans.FIRST} already."


@dataclass(frozen=True, slots=True)
class Subscription:
    """The plan in force, until when (None: no end), and what it switches on, by name."""

    plan: str
    until: datetime | None
    entitlements: tuple[str, ...]


async def of(user_id: str, *, store: UnitOfWork, now: datetime) -> Subscription:
    """What the account is subscribed to now. Raises UnknownUser."""
    row = await plans.of_account(store, user_id=user_id, now=now)
    if row is None:
        raise UnknownUser
    return Subscription(row["plan"], row["plan_until"], tuple(sorted(row["entitlements"] or ())))


async def grant(
    user_id: str, *, plan: str, until: datetime | None, store: UnitOfWork, now: datetime
) -> Subscription:
    """Put the account on a plan from now on. Raises UnknownPlan, OverAlready."""
    if until is not None and until <= now:
        raise OverAlready
    if plan == plans.FIRST or not await plans.grant(store, user_id=user_id, plan=plan, until=until, now=now):
        raise UnknownPlan
    return await of(user_id, store=store, now=now)


async def end(user_id: str, *, store: UnitOfWork, now: datetime) -> Subscription:
    """Put the account on the first plan again. Raises NotSubscribed."""
    if not await plans.end(store, user_id=user_id, now=now):
        raise NotSubscribed
    return await of(user_id, store=store, now=now)
