"""Wallets: the row that stands for a person's credits, and the lock of all that belongs to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CTE, bindparam, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_wallet = metadata.tables["credit_wallet"]
_account = metadata.tables["account"]

LOCK = Statement(select(_wallet.c.user_id).where(_wallet.c.user_id == bindparam("user_id")).with_for_update())
"""The lock on the wallet of `user_id`, until the transaction ends; no row if there is none."""
_MAKE = Statement(
    upsert(_wallet)
    .from_select(
        ["user_id", "posted", "held", "open_holds", "updated_at"],
        select(
            _account.c.id,
            literal(0),
            literal(0),
            literal(0),
            bindparam("now", type_=_wallet.c.updated_at.type),
        )
        .where(_account.c.id == bindparam("user_id"))
        .with_for_update(read=True, key_share=True),
    )
    .on_conflict_do_nothing()
    .returning(_wallet.c.user_id)
)


def locked_wallet() -> CTE:
    """The wallet of `user_id` as it is once the lock on it is had, which lasts as long as the transaction;
    empty if there is none.
    """
    found = select(_wallet.c.user_id, _wallet.c.posted, _wallet.c.held, _wallet.c.open_holds)
    return (
        found.where(_wallet.c.user_id == bindparam("user_id", type_=_wallet.c.user_id.type))
        .with_for_update()
        .cte("wallet")
    )


async def make(store: UnitOfWork, *, user_id: str, now: datetime) -> None:
    """Have an empty wallet made for an account that has none yet. Nothing happens when there is no account.

    It is final at once: a transaction that went on to lock the wallet would hold the account before it, which
    deleting does the other way round. To be called before anything else is written.
    """
    await store.alone(_MAKE, user_id=user_id, now=now)
