"""Putting credits into a wallet: a transaction, its two entries, a lot, and the wallet, in one statement.

It decides by the transaction's key alone, by which it happens once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from persistence.credits.entries import entered
from persistence.credits.wallets import locked_wallet
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_wallet = metadata.tables["credit_wallet"]
_lot = metadata.tables["credit_lot"]
_transaction = metadata.tables["credit_transaction"]

LotKind = Literal["granted", "paid"]

_NOW = bindparam("now", type_=_lot.c.created_at.type)
_AMOUNT = bindparam("amount", type_=_lot.c.amount.type)
_EXPIRES_AT = bindparam("expires_at", type_=_lot.c.expires_at.type)
_MONTH = bindparam("month", type_=_wallet.c.granted_for.type)

_before = locked_wallet()
_booked = (
    upsert(_transaction)
    .from_select(
        ["id", "user_id", "kind", "key", "created_at"],
        select(
            bindparam("transaction_id", type_=_transaction.c.id.type),
            _before.c.user_id,
            bindparam("transaction_kind", type_=_transaction.c.kind.type),
            bindparam("key", type_=_transaction.c.key.type),
            _NOW,
        ),
    )
    .on_conflict_do_nothing()
    .returning(_transaction.c.id, _transaction.c.user_id, _transaction.c.key)
    .cte("booked")
)
_entered = entered(_booked, user=_AMOUNT, against="issued")
_laid = (
    insert(_lot)
    .from_select(
        ["id", "user_id", "source", "kind", "amount", "remaining", "expires_at", "created_at"],
        select(
            bindparam("lot_id", type_=_lot.c.id.type),
            _booked.c.user_id,
            _booked.c.key,
            bindparam("kind", type_=_lot.c.kind.type),
            _AMOUNT,
            _AMOUNT,
            _EXPIRES_AT,
            _NOW,
        ),
    )
    .returning(_lot.c.id)
    .cte("laid")
)
_GIVE = Statement(
    update(_wallet)
    .where(_wallet.c.user_id == _booked.c.user_id)
    .values(
        posted=_wallet.c.posted + _AMOUNT,
        next_expiry=func.least(_wallet.c.next_expiry, _EXPIRES_AT),
        granted_for=func.coalesce(_MONTH, _wallet.c.granted_for),
        updated_at=_NOW,
    )
    .returning(_wallet.c.posted)
    .add_cte(_entered, _laid)
)


async def give(
    store: UnitOfWork,
    *,
    transaction_id: str,
    lot_id: str,
    user_id: str,
    kind: LotKind,
    amount: int,
    key: str,
    expires_at: datetime | None,
    month: str | None,
    now: datetime,
) -> int | None:
    """Give `amount` credits; the balance then. None, and nothing is changed, when a transaction has this key
    already, or when the account has no wallet.

    What was `paid` for is a purchase, what is `granted` a grant; `month` is the one whose credits these are.
    """
    row = await store.write(
        _GIVE,
        transaction_id=transaction_id,
        lot_id=lot_id,
        user_id=user_id,
        kind=kind,
        transaction_kind="purchase" if kind == "paid" else "grant",
        amount=amount,
        key=key,
        expires_at=expires_at,
        month=month,
        now=now,
    )
    return row["posted"] if row is not None else None
