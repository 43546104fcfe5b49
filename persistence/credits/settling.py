"""Ending a call of the assistant: what was held for it is given back, what it took is charged, and its row
says so. Once for every hold: `sweeping` is the other way in which one ends, and the wallet's lock is between
them.

One statement, final when it returns. The hold and the lots are read once they are locked; but a lot that
came while the statement waited for the wallet is not seen by it. If the lots that it sees are not all that
the wallet is made of, it changes nothing and is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    union_all,
    update,
)

from persistence.credits.lots import IS_NOT_EMPTY, burned_first
from persistence.credits.metering import metered
from persistence.credits.wallets import locked_wallet
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_wallet = metadata.tables["credit_wallet"]
_hold = metadata.tables["credit_hold"]
_lot = metadata.tables["credit_lot"]
_transaction = metadata.tables["credit_transaction"]
_entry = metadata.tables["credit_entry"]
_call = metadata.tables["assistant_call"]

_NOW = bindparam("now", type_=_call.c.created_at.type)
_PROMPT = bindparam("prompt_tokens", type_=_call.c.prompt_tokens.type)
_COMPLETION = bindparam("completion_tokens", type_=_call.c.completion_tokens.type)
_TRANSACTION_ID = bindparam("transaction_id", type_=_transaction.c.id.type)

_before = locked_wallet()
_held = (
    select(_hold.c.id, _hold.c.user_id, _hold.c.model, _hold.c.token_credit, _hold.c.amount, _before.c.posted)
    .select_from(_hold.join(_before, _before.c.user_id == _hold.c.user_id))
    .where(_hold.c.id == bindparam("id", type_=_hold.c.id.type))
    .with_for_update(of=_hold)
    .cte("held")
)
_cost = case(
    (bindparam("charge", type_=_call.c.estimated.type), (_PROMPT + _COMPLETION) * _held.c.token_credit),
    else_=0,
)
_bill = select(
    _held.c.id,
    _held.c.user_id,
    _held.c.model,
    _held.c.token_credit,
    _held.c.amount.label("held"),
    _held.c.posted,
    _cost.label("cost"),
    func.least(_cost, _held.c.amount).label("credits"),
).cte("bill")
_lots = (
    select(_lot.c.id, _lot.c.kind, _lot.c.remaining, _lot.c.expires_at, _bill.c.credits)
    .select_from(_lot.join(_bill, _bill.c.user_id == _lot.c.user_id))
    .where(IS_NOT_EMPTY, _bill.c.credits > 0)
    .with_for_update(of=_lot)
    .cte("lots")
)
_burned_before = func.sum(_lots.c.remaining).over(order_by=burned_first(_lots.c)) - _lots.c.remaining
_shares = select(
    _lots.c.id,
    _lots.c.remaining,
    _lots.c.expires_at,
    cast(func.least(_lots.c.remaining, func.greatest(_lots.c.credits - _burned_before, 0)), BigInteger).label(
        "amount"
    ),
).cte("shares")
_in_lots = select(func.sum(_shares.c.remaining)).scalar_subquery()
_covered = select(_bill).where(or_(_bill.c.credits == 0, _bill.c.posted == _in_lots)).cte("covered")
_ended = delete(_hold).where(_hold.c.id == _covered.c.id).returning(_hold.c.id).cte("ended")
_burned = (
    update(_lot)
    .where(_lot.c.id == _shares.c.id, _shares.c.amount > 0, exists(select(_covered.c.id)))
    .values(remaining=_lot.c.remaining - _shares.c.amount)
    .returning(_lot.c.id)
    .cte("burned")
)
_booked = (
    insert(_transaction)
    .from_select(
        ["id", "user_id", "kind", "key", "created_at"],
        select(
            _TRANSACTION_ID,
            _covered.c.user_id,
            literal("spend"),
            literal_column("'call:'", _transaction.c.key.type) + _covered.c.id,
            _NOW,
        ).where(_covered.c.cost > 0),
    )
    .returning(_transaction.c.id)
    .cte("booked")
)
_lines = union_all(
    select(literal("user").label("account"), (-_covered.c.credits).label("amount")),
    select(literal("spent"), _covered.c.cost),
    select(literal("absorbed"), _covered.c.credits - _covered.c.cost),
).subquery("lines")
_entered = (
    insert(_entry)
    .from_select(
        ["transaction_id", "account", "amount"],
        select(_TRANSACTION_ID, _lines.c.account, _lines.c.amount).where(_lines.c.amount != 0),
    )
    .returning(_entry.c.account)
    .cte("entered")
)
_metered = metered(
    _covered,
    prompt_tokens=_PROMPT,
    completion_tokens=_COMPLETION,
    credits=_covered.c.credits,
    absorbed=_covered.c.cost - _covered.c.credits,
    estimated=bindparam("estimated", type_=_call.c.estimated.type),
    latency_ms=bindparam("latency_ms", type_=_call.c.latency_ms.type),
    error_code=bindparam("error_code", type_=_call.c.error_code.type),
    created_at=_NOW,
)
_left = select(func.min(_shares.c.expires_at)).where(_shares.c.remaining > _shares.c.amount)
_after = (
    update(_wallet)
    .where(_wallet.c.user_id == _covered.c.user_id)
    .values(
        posted=_wallet.c.posted - _covered.c.credits,
        held=_wallet.c.held - _covered.c.held,
        open_holds=_wallet.c.open_holds - 1,
        next_expiry=case((_covered.c.credits > 0, _left.scalar_subquery()), else_=_wallet.c.next_expiry),
        updated_at=_NOW,
    )
    .returning(
        _wallet.c.posted.label("balance"),
        _covered.c.credits,
        (_covered.c.cost - _covered.c.credits).label("absorbed"),
    )
    .cte("after")
)
_SETTLE = Statement(
    select(_held.c.id, _after.c.credits, _after.c.absorbed, _after.c.balance)
    .select_from(_held.outerjoin(_after, literal(True)))
    .add_cte(_ended, _burned, _booked, _entered, _metered)
)

_TRIES: Final = 100
"""Each further one means that credits came in while the one before waited."""


class BooksDoNotBalance(Exception):
    """The lots of a person are not what the wallet is made of. A defect; `persistence.credits.books` tells
    more."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of the call `id`, for which credits are held: the tokens that it took (`estimated` when the
    provider did not say), how long it took, and a word if it failed. Without `charge` it costs nothing.
    `transaction_id` is a new id, for the transaction if one is written.
    """

    id: str
    user_id: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    latency_ms: int
    error_code: str | None
    charge: bool
    now: datetime
    transaction_id: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What a call cost: `credits` of the person, who has `balance` left, and `absorbed` of the house, which
    is what was used beyond what was held.
    """

    credits: int
    absorbed: int
    balance: int


async def settle(store: UnitOfWork, *, call: Settlement) -> Settled | None:
    """End a call. None, and nothing is written, when its hold is gone: settled before, or swept.

    Raises StoreUnavailable, and BooksDoNotBalance.
    """
    values = {name: getattr(call, name) for name in Settlement.__slots__}
    for _ in range(_TRIES):
        row = await store.alone(_SETTLE, **values)
        if row is None:
            return None
        if row["balance"] is not None:
            return Settled(row["credits"], row["absorbed"], row["balance"])
    raise BooksDoNotBalance
