"""`credits …`: what people have for the assistant."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.outcome import FAILED, Outcome
from api.cli.subscriptions import last_day
from handlers.credits import granting, standing
from handlers.credits.granting import MOST
from handlers.credits.standing import CreditsAt, Standing
from handlers.moments import rfc3339
from handlers.user import finding
from persistence.credits import books
from persistence.credits.books import Difference
from persistence.credits.granting import Grant

app = group("What people have for the assistant.")

_User = Annotated[str, typer.Option(metavar="E", help="E-mail address, username or id.")]
_SHOWN_DIFFERENCES = 20


def _key(typed: str) -> str:
    """A key for doing it once. Raises BadParameter."""
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", typed):
        raise typer.BadParameter(f"{typed!r} is no key: up to 64 letters, digits and . _ : - make one.")
    return typed


@store_command(app, "grant")
async def grant(
    desk: Desk,
    *,
    user: _User,
    credits: Annotated[int, typer.Option(min=1, max=MOST, metavar="N", help="How many.")],  # noqa: A002 (the option's name)
    paid: Annotated[
        bool, typer.Option("--paid", help="They were paid for: they are used after what was given.")
    ] = False,
    until: Annotated[
        datetime | None,
        typer.Option(parser=last_day, metavar="DATE", help="The last day, in UTC; default: without end."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(parser=_key, metavar="K", help="Give them once however often this is typed."),
    ] = None,
) -> Outcome:
    """Give an account credits, beside those of its plan."""
    user_id = await finding.user_id(user, store=desk.store)
    wanted = Grant(user_id, "paid" if paid else "granted", credits, until)
    given = await granting.grant(wanted, key=key, store=desk.store, randomness=desk.randomness, now=desk.now)
    until_when = rfc3339(until) if until is not None else None
    found = await standing.of(user_id, store=desk.store, randomness=desk.randomness, now=desk.now)
    done = "was given" if given else "had been given before, under this key,"
    return Outcome(
        {
            "id": user_id,
            "credits": credits,
            "kind": wanted.kind,
            "until": until_when,
            "given": given,
            "balance": found.balance,
        },
        f"The account {user_id} {done} {credits} credits{f' until {until_when}' if until_when else ''};"
        f" its balance is {found.balance}.",
    )


@store_command(app, "show")
async def show(desk: Desk, *, user: _User) -> Outcome:
    """Say what an account has, and what comes and goes next. What is due is done first."""
    user_id = await finding.user_id(user, store=desk.store)
    found = await standing.of(user_id, store=desk.store, randomness=desk.randomness, now=desk.now)
    return Outcome(
        {
            "id": user_id,
            "balance": found.balance,
            "reserved": found.reserved,
            "available": found.available,
            "next_grant": _at(found.next_grant),
            "next_expiry": _at(found.next_expiry),
        },
        _in_words(user_id, found),
    )


@store_command(app, "verify")
async def verify(desk: Desk) -> Outcome:
    """Make every balance again from the entries of the ledger; end with 1 if one differs."""
    people, after = 0, ""
    differences: list[Difference] = []
    while True:
        verdict = await books.look(desk.store, after=after, at_most=books.AT_ONCE)
        people += verdict.people
        differences += verdict.differences
        if verdict.last is None:
            break
        after = verdict.last
    lines = [_said(each) for each in differences[:_SHOWN_DIFFERENCES]]
    more = len(differences) - len(lines)
    if not differences:
        return Outcome({"accounts": people, "differences": []}, f"The books of {people} accounts balance.")
    return Outcome(
        {"accounts": people, "differences": [_shown(each) for each in differences]},
        "\n".join([*lines, *([f"And {more} more."] if more else [])]),
        FAILED,
    )


@store_command(app, "rebuild")
async def rebuild(desk: Desk, *, user: _User) -> Outcome:
    """Make an account's balance again from the ledger, which stays as it is; end with 1 if it needs more.

    For an account that `credits verify` has found wrong.
    """
    user_id = await finding.user_id(user, store=desk.store)
    wrong = await books.look_at(desk.store, people=[user_id])
    await books.rebuild(desk.store, user_id=user_id, now=desk.now)
    left = await books.look_at(desk.store, people=[user_id])
    done = f"The balance of the account {user_id} was made again"
    if left:
        verdict = f"{done}, but its books still do not balance: the ledger itself is wrong."
    elif wrong:
        verdict = f"{done}, and its books balance."
    else:
        verdict = f"{done}; its books had balanced before."
    return Outcome(
        {"id": user_id, "before": [_shown(each) for each in wrong], "left": [_shown(each) for each in left]},
        "\n".join([*(_said(each) for each in left), verdict]),
        FAILED if left else 0,
    )


def _shown(difference: Difference) -> dict[str, object]:
    return {
        "id": difference.user_id,
        "what": difference.what,
        "recorded": difference.recorded,
        "computed": difference.computed,
    }


def _said(difference: Difference) -> str:
    return (
        f"{difference.user_id}: {difference.what} is {difference.recorded},"
        f" and should be {difference.computed}."
    )


def _at(found: CreditsAt | None) -> dict[str, object] | None:
    return {"at": rfc3339(found.at), "credits": found.credits} if found is not None else None


def _in_words(user_id: str, found: Standing) -> str:
    said = [f"The account {user_id} has {found.balance} credits, of which {found.reserved} are set aside."]
    if found.next_grant is not None:
        said.append(f"{found.next_grant.credits} come at {rfc3339(found.next_grant.at)}.")
    if found.next_expiry is not None:
        said.append(f"{found.next_expiry.credits} expire at {rfc3339(found.next_expiry.at)}.")
    return " ".join(said)
