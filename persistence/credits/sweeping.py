"""Ending the calls of servers that died: what they held is given back, and nothing is charged.

The wallets come first, as everywhere, and those that somebody else has in hand are passed over until the next
run. What was overdue when the statement began may have been settled since: only a hold that is still there
when it is deleted is counted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    bindparam,
    cast,
    delete,
    false,
    func,
    literal,
    select,
    update,
)

from persistence.credits.metering import metered
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_wallet = metadata.tables["credit_wallet"]
_hold = metadata.tables["credit_hold"]
_call = metadata.tables["assistant_call"]
_NOW = bindparam("now", type_=_hold.c.expires_at.type)

INTERRUPTED = "interrupted"
"""The `error_code` of a call whose server did not live to see its end."""

_overdue = (
    select(_hold.c.id, _hold.c.user_id)
    .where(_hold.c.expires_at <= _NOW)
    .order_by(_hold.c.expires_at)
    .limit(bindparam("at_most"))
    .cte("overdue")
)
_people = select(_overdue.c.user_id).distinct().cte("people")
_locked = (
    select(_wallet.c.user_id)
    .where(_wallet.c.user_id == _people.c.user_id)
    .with_for_update(skip_locked=True)
    .lateral("locked")
)
_wallets = select(_locked.c.user_id).select_from(_people.join(_locked, literal(True))).cte("wallets")
_ended = (
    delete(_hold)
    .where(_hold.c.id == _overdue.c.id, _hold.c.user_id == _wallets.c.user_id)
    .returning(_hold.c.id, _hold.c.user_id, _hold.c.model, _hold.c.token_credit, _hold.c.amount)
    .cte("ended")
)
_sums = (
    select(
        _ended.c.user_id,
        cast(func.sum(_ended.c.amount), BigInteger).label("amount"),
        func.count().label("holds"),
    )
    .group_by(_ended.c.user_id)
    .cte("sums")
)
_freed = (
    update(_wallet)
    .where(_wallet.c.user_id == _sums.c.user_id)
    .values(
        held=_wallet.c.held - _sums.c.amount,
        open_holds=_wallet.c.open_holds - _sums.c.holds,
        updated_at=_NOW,
    )
    .returning(_wallet.c.user_id)
    .cte("freed")
)
_metered = metered(
    _ended,
    prompt_tokens=literal(0),
    completion_tokens=literal(0),
    credits=literal(0),
    absorbed=literal(0),
    estimated=false(),
    latency_ms=literal(0),
    error_code=literal(INTERRUPTED),
    created_at=_NOW,
)
_RELEASE = Statement(select(func.count().label("ended")).select_from(_ended).add_cte(_freed, _metered))


async def release_overdue(store: UnitOfWork, *, now: datetime, at_most: int) -> int:
    """End calls whose holds are past their time by `now`, no more than `at_most`, the oldest first; how many.

    Each leaves a row of its own that says `interrupted`, with nothing charged.
    """
    row = await store.write(_RELEASE, now=now, at_most=at_most)
    assert row is not None
    return int(row["ended"])
