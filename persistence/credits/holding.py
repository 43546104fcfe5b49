"""Setting credits aside for a call of the assistant before it is made.

One statement, final when it returns. All that it decides by is in the wallet, which it reads once it has the
lock, and in the index of the keys that were used, which is always up to date.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from persistence.credits.wallets import locked_wallet
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_wallet = metadata.tables["credit_wallet"]
_hold = metadata.tables["credit_hold"]
_key = metadata.tables["assistant_key"]

_AMOUNT = _hold.c.amount.type
_NOW = bindparam("now", type_=_hold.c.created_at.type)
_ID = bindparam("id", type_=_hold.c.id.type)
_KEY_HASH = bindparam("key_hash", type_=_key.c.key_hash.type)

_before = locked_wallet()
_amount = func.least(
    bindparam("wanted", type_=_AMOUNT), bindparam("at_most", type_=_AMOUNT), _before.c.posted - _before.c.held
)
_allowed = (
    select(
        _before.c.user_id,
        _before.c.posted,
        _before.c.held,
        _before.c.open_holds,
        _amount.label("amount"),
    )
    .where(
        _amount >= bindparam("least", type_=_AMOUNT),
        _before.c.open_holds < bindparam("open_at_most", type_=_wallet.c.open_holds.type),
    )
    .cte("allowed")
)
_used = (
    upsert(_key)
    .from_select(
        ["user_id", "key_hash", "fingerprint", "call_id", "created_at"],
        select(
            _allowed.c.user_id,
            _KEY_HASH,
            bindparam("fingerprint", type_=_key.c.fingerprint.type),
            _ID,
            _NOW,
        ).where(_KEY_HASH.is_not(None)),
    )
    .on_conflict_do_nothing()
    .returning(_key.c.user_id)
    .cte("used")
)
_opened = (
    insert(_hold)
    .from_select(
        ["id", "user_id", "model", "token_credit", "amount", "created_at", "expires_at"],
        select(
            _ID,
            _allowed.c.user_id,
            bindparam("model", type_=_hold.c.model.type),
            bindparam("token_credit", type_=_AMOUNT),
            _allowed.c.amount,
            _NOW,
            bindparam("expires_at", type_=_hold.c.expires_at.type),
        ).where(or_(_KEY_HASH.is_(None), exists(select(_used.c.user_id)))),
    )
    .returning(_hold.c.user_id, _hold.c.amount)
    .cte("opened")
)
# With the values that were read under the lock, all of them: PostgreSQL holds a changed row against the
# table's constraints before it notices that what it began with is out of date, and an old balance may not
# cover what the new one does.
_RESERVE = Statement(
    update(_wallet)
    .where(_wallet.c.user_id == _allowed.c.user_id, _wallet.c.user_id == _opened.c.user_id)
    .values(
        posted=_allowed.c.posted,
        held=_allowed.c.held + _opened.c.amount,
        open_holds=_allowed.c.open_holds + 1,
        updated_at=_NOW,
    )
    .returning(_opened.c.amount)
)


async def reserve(
    store: UnitOfWork,
    *,
    id: str,
    user_id: str,
    model: str,
    token_credit: int,
    wanted: int,
    at_most: int,
    least: int,
    open_at_most: int,
    now: datetime,
    expires_at: datetime,
    key_hash: bytes | None,
    fingerprint: bytes | None,
) -> int | None:
    """Set credits aside for the call `id`, and note its Idempotency-Key if it came with one; how many.

    That is as many as are `wanted`, or `at_most`, or there are: the least of these. None, and nothing is
    changed, when it would be less than `least`, when `open_at_most` calls are under way, when the key was
    used before, or when the account has no wallet (`refreshing.refresh` makes one). Raises StoreUnavailable.
    """
    row = await store.alone(
        _RESERVE,
        id=id,
        user_id=user_id,
        model=model,
        token_credit=token_credit,
        wanted=wanted,
        at_most=at_most,
        least=least,
        open_at_most=open_at_most,
        now=now,
        expires_at=expires_at,
        key_hash=key_hash,
        fingerprint=fingerprint,
    )
    return row["amount"] if row is not None else None
