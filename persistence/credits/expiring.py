"""Taking the credits that are past their time: as much of them as no call under way may still burn.

A hold pins the lots that were there when it was made. What expires is read under the wallet's lock, by a
statement that begins once it is had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, cast, func, insert, literal, select, tuple_, update

from persistence.credits.entries import entered
from persistence.credits.ids import Ids
from persistence.credits.lots import IS_NOT_EMPTY, burned_first, next_expiry
from persistence.credits.wallets import LOCK
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_wallet = metadata.tables["credit_wallet"]
_hold = metadata.tables["credit_hold"]
_lot = metadata.tables["credit_lot"]
_transaction = metadata.tables["credit_transaction"]

_ID = _wallet.c.user_id.type
_USER_ID = bindparam("user_id", type_=_ID)
_NOW = bindparam("now", type_=_wallet.c.updated_at.type)

_pinned = (
    select(func.coalesce(cast(func.sum(_hold.c.amount), BigInteger), 0))
    .where(_hold.c.user_id == _lot.c.user_id, _hold.c.created_at < _lot.c.expires_at)
    .correlate(_lot)
    .scalar_subquery()
)
_OVER = Statement(
    select(
        _lot.c.id,
        _lot.c.remaining,
        _pinned.label("pinned"),
        (_wallet.c.posted - _wallet.c.held).label("available"),
    )
    .select_from(_lot.join(_wallet, _wallet.c.user_id == _lot.c.user_id))
    .where(_lot.c.user_id == _USER_ID, IS_NOT_EMPTY, _lot.c.expires_at <= _NOW)
    .order_by(*burned_first(_lot.c))
)

_AMOUNT = bindparam("amount", type_=_lot.c.amount.type)
_shrunk = (
    update(_lot)
    .where(_lot.c.id == bindparam("lot_id", type_=_lot.c.id.type))
    .values(remaining=_lot.c.remaining - _AMOUNT)
    .returning(_lot.c.user_id)
    .cte("shrunk")
)
_booked = (
    insert(_transaction)
    .from_select(
        ["id", "user_id", "kind", "key", "created_at"],
        select(
            bindparam("transaction_id", type_=_transaction.c.id.type),
            _shrunk.c.user_id,
            literal("expire"),
            bindparam("key", type_=_transaction.c.key.type),
            _NOW,
        ),
    )
    .returning(_transaction.c.id)
    .cte("booked")
)
_entered = entered(_booked, user=-_AMOUNT, against="expired")
_EXPIRE = Statement(
    update(_wallet)
    .where(_wallet.c.user_id == _shrunk.c.user_id)
    .values(posted=_wallet.c.posted - _AMOUNT, updated_at=_NOW)
    .returning(_wallet.c.posted)
    .add_cte(_booked, _entered)
)
_NOTE_EXPIRY = Statement(
    update(_wallet)
    .where(_wallet.c.user_id == _USER_ID)
    .values(next_expiry=next_expiry(), updated_at=_NOW)
    .returning(_wallet.c.user_id)
)
_OVERDUE = Statement(
    select(_wallet.c.next_expiry, _wallet.c.user_id)
    .where(
        _wallet.c.next_expiry.is_not(None),
        _wallet.c.next_expiry <= _NOW,
        tuple_(_wallet.c.next_expiry, _wallet.c.user_id)
        > tuple_(bindparam("after_at", type_=_wallet.c.next_expiry.type), bindparam("after_id", type_=_ID)),
    )
    .order_by(_wallet.c.next_expiry, _wallet.c.user_id)
    .limit(bindparam("at_most"))
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the order of their expiry a wallet stands."""

    at: datetime
    user_id: str


@dataclass(frozen=True, slots=True)
class Over:
    """A lot past its time, with what remains of it. Calls that began before that time have `pinned` credits
    set aside.
    """

    id: str
    remaining: int
    pinned: int


def losses(lots: Sequence[Over], *, available: int) -> Iterator[tuple[Over, int]]:
    """How much of each lot, in the order in which they are burned, is lost: all but what calls under way may
    still burn of it, and never more than what is `available` of the whole wallet.
    """
    kept = 0
    for lot in lots:
        pin = min(lot.remaining, max(lot.pinned - kept, 0))
        kept += pin
        lost = min(lot.remaining - pin, available)
        if lost > 0:
            available -= lost
            yield lot, lost


async def overdue(store: UnitOfWork, *, now: datetime, after: Place, at_most: int) -> Sequence[Place]:
    """Wallets in which something is over by `now`, by when it was, beginning after a place."""
    rows = await store.rows(_OVERDUE, now=now, after_at=after.at, after_id=after.user_id, at_most=at_most)
    return [Place(row["next_expiry"], row["user_id"]) for row in rows]


async def expire(store: UnitOfWork, *, user_id: str, now: datetime, randomness: Ids) -> None:
    """Take from the person's wallet what is over by `now`, and give nothing: for those who do not look."""
    if await store.write(LOCK, user_id=user_id) is not None:
        await take_what_is_over(store, user_id=user_id, now=now, randomness=randomness)


async def take_what_is_over(store: UnitOfWork, *, user_id: str, now: datetime, randomness: Ids) -> None:
    """The same for whoever has the wallet's lock."""
    rows: Sequence[Record] = await store.rows(_OVER, user_id=user_id, now=now)
    if not rows:
        return
    lots = [Over(row["id"], row["remaining"], row["pinned"]) for row in rows]
    for lot, lost in losses(lots, available=rows[0]["available"]):
        left = lot.remaining - lost
        await store.write(
            _EXPIRE,
            lot_id=lot.id,
            amount=lost,
            transaction_id=randomness.id(now),
            key=f"expire:{lot.id}:{left}" if left else f"expire:{lot.id}",
            now=now,
        )
    await store.write(_NOTE_EXPIRY, user_id=user_id, now=now)
