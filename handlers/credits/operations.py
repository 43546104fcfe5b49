"""A person's credits, in contract order."""

from __future__ import annotations

from datetime import datetime

from handlers import pagination
from handlers.answers import NO_STORE, Answer
from handlers.caller import Caller
from handlers.credits import standing, using
from handlers.moments import seconds
from handlers.ports import Ports
from persistence.credits import listing
from persistence.unit_of_work import Record, UnitOfWork

_LIST = "credits"


async def get_credits(*, caller: Caller, store: UnitOfWork, ports: Ports, now: datetime) -> Answer:
    """What the caller has, after what is due today has come and gone."""
    found = await standing.of(caller.person, store=store, randomness=ports.randomness, now=now)
    payload = {
        "balance": found.balance,
        "reserved": found.reserved,
        "available": found.available,
        "next_grant": _at(found.next_grant),
        "next_expiry": _at(found.next_expiry),
    }
    return Answer(body=payload, headers=NO_STORE)


async def list_credit_transactions(
    *, limit: int | None, cursor: str | None, caller: Caller, store: UnitOfWork
) -> Answer:
    """What happened to the caller's credits, the newest first. Raises InvalidCursor."""
    limit = limit or pagination.DEFAULT_LIMIT
    rows = await listing.transactions(
        store,
        user_id=caller.person,
        before=pagination.position(cursor, of=_LIST, start=pagination.AFTER_ALL),
        at_most=limit + 1,
    )
    return Answer(body=pagination.page(rows, limit=limit, of=_LIST, shown=_shown), headers=NO_STORE)


async def list_credit_usage(*, days: int | None, caller: Caller, store: UnitOfWork, now: datetime) -> Answer:
    """What the caller's credits went for, by day and model, the newest day first."""
    used = await using.of(caller.person, days=days or using.DEFAULT_DAYS, store=store, now=now)
    payload = {
        "since": used.since.isoformat(),
        "until": used.until.isoformat(),
        "items": [{**row, "day": row["day"].isoformat()} for row in used.rows],
    }
    return Answer(body=payload, headers=NO_STORE)


def _at(found: standing.CreditsAt | None) -> dict[str, int] | None:
    return {"at": seconds(found.at), "credits": found.credits} if found is not None else None


def _shown(row: Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "amount": row["amount"],
        "at": seconds(row["created_at"]),
        "model": row["model"],
    }
