"""`subscription …`: the plans that people are on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.outcome import Outcome
from handlers.account import subscription
from handlers.account.subscription import Subscription
from handlers.moments import rfc3339
from handlers.user import finding

app = group("The plans that people are on.")

_User = Annotated[str, typer.Option(metavar="E", help="E-mail address, username or id.")]


def last_day(typed: str) -> datetime:
    """The end of a day in UTC. Raises BadParameter."""
    try:
        return datetime.combine(date.fromisoformat(typed) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{typed!r} is no date: write it as in 2027-01-31.") from None


@store_command(app, "grant")
async def grant(
    desk: Desk,
    *,
    user: _User,
    plan: Annotated[str, typer.Option(metavar="P", help="individual, team or enterprise.")],
    until: Annotated[
        datetime | None,
        typer.Option(parser=last_day, metavar="DATE", help="The last day, in UTC; default: without end."),
    ] = None,
) -> Outcome:
    """Put an account on a plan, in place of the one that it is on."""
    user_id = await finding.user_id(user, store=desk.store)
    return _told(
        user_id,
        await subscription.grant(user_id, plan=plan, until=until, store=desk.store, now=desk.now),
    )


@store_command(app, "show")
async def show(desk: Desk, *, user: _User) -> Outcome:
    """Say which plan an account is on now, until when, and what it switches on."""
    user_id = await finding.user_id(user, store=desk.store)
    return _told(user_id, await subscription.of(user_id, store=desk.store, now=desk.now))


@store_command(app, "end")
async def end(desk: Desk, *, user: _User) -> Outcome:
    """Put an account on the plan that everybody begins with, at once."""
    user_id = await finding.user_id(user, store=desk.store)
    return _told(user_id, await subscription.end(user_id, store=desk.store, now=desk.now))


def _told(user_id: str, found: Subscription) -> Outcome:
    until = rfc3339(found.until) if found.until is not None else None
    switched_on = ", ".join(found.entitlements) or "nothing"
    return Outcome(
        {"id": user_id, "plan": found.plan, "until": until, "entitlements": list(found.entitlements)},
        f"The account {user_id} is on {found.plan}{f' until {until}' if until else ''}; it switches on:"
        f" {switched_on}.",
    )
