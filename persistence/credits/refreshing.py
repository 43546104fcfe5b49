"""Bringing a wallet up to date: what has expired goes, and what the plan gives this month comes. It happens
when somebody looks or calls.

Everything is decided under the wallet's lock, and read by statements that begin once it is had, so that they
see what is.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, update

from persistence.credits.expiring import take_what_is_over
from persistence.credits.giving import give
from persistence.credits.ids import Ids
from persistence.credits.months import begin_of_next, month_of
from persistence.credits.wallets import LOCK, make
from persistence.plans import IN_FORCE
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_account = metadata.tables["account"]
_plan = metadata.tables["plan"]
_wallet = metadata.tables["credit_wallet"]

_USER_ID = bindparam("user_id", type_=_account.c.id.type)
_NOW = bindparam("now", type_=_wallet.c.updated_at.type)
_MONTH = bindparam("month", type_=_wallet.c.granted_for.type)

MONTHLY_CREDITS: ColumnElement[int] = (
    select(_plan.c.monthly_credits).where(_plan.c.name == IN_FORCE).correlate(_account).scalar_subquery()
)
"""Of a row of `account`: what its plan in force at `now` gives each month."""
# A month that was given is never given again, nor one before it: whose clock is a little behind must not
# undo what another has done.
IS_DUE: ColumnElement[bool] = or_(
    _wallet.c.next_expiry <= _NOW,
    and_(
        MONTHLY_CREDITS > 0,
        or_(_wallet.c.granted_for.is_(None), _wallet.c.granted_for.collate("C") < _MONTH),
    ),
)
"""Of a row of `account` and its wallet, if any: whether `refresh` has something to do at `now`, in `month`
(which is that of `now`)."""

_DUE = Statement(
    select(IS_DUE.label("due"), _wallet.c.user_id.is_not(None).label("has_wallet"))
    .select_from(_account.outerjoin(_wallet, _wallet.c.user_id == _account.c.id))
    .where(_account.c.id == _USER_ID)
)
_GIFT = Statement(
    select(MONTHLY_CREDITS.label("credits"))
    .select_from(_account.join(_wallet, _wallet.c.user_id == _account.c.id))
    .where(_account.c.id == _USER_ID, MONTHLY_CREDITS > 0)
    .where(or_(_wallet.c.granted_for.is_(None), _wallet.c.granted_for.collate("C") < _MONTH))
)
_NOTE_MONTH = Statement(
    update(_wallet)
    .where(_wallet.c.user_id == _USER_ID)
    .values(granted_for=_MONTH, updated_at=_NOW)
    .returning(_wallet.c.user_id)
)


async def refresh(store: UnitOfWork, *, user_id: str, now: datetime, randomness: Ids) -> None:
    """Take from the person's wallet what is over by `now`, and give what the plan in force gives for the
    month (UTC), once. A wallet is made if there is none.

    Does nothing when nothing is due. Ordinary writes, final with `commit`; to be called before any other,
    because the wallet is the first lock to take.
    """
    found = await store.row(_DUE, user_id=user_id, now=now, month=month_of(now))
    if found is None:
        return
    if not found["has_wallet"]:
        await make(store, user_id=user_id, now=now)
    if not found["due"] or await store.write(LOCK, user_id=user_id) is None:
        return
    await take_what_is_over(store, user_id=user_id, now=now, randomness=randomness)
    await _give_for_the_month(store, user_id=user_id, now=now, randomness=randomness)


async def _give_for_the_month(store: UnitOfWork, *, user_id: str, now: datetime, randomness: Ids) -> None:
    month = month_of(now)
    due = await store.row(_GIFT, user_id=user_id, now=now, month=month)
    if due is None:
        return
    given = await give(
        store,
        transaction_id=randomness.id(now),
        lot_id=randomness.id(now),
        user_id=user_id,
        kind="granted",
        amount=due["credits"],
        key=f"plan:{user_id}:{month}",
        expires_at=begin_of_next(now),
        month=month,
        now=now,
    )
    if given is None:
        await store.write(_NOTE_MONTH, user_id=user_id, month=month, now=now)
