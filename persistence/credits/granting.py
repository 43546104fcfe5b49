"""What the operator gives: credits that were paid for elsewhere, or as a present, for good or until a
moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from persistence.credits.giving import LotKind, give
from persistence.credits.ids import Ids
from persistence.credits.wallets import make
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_account = metadata.tables["account"]
_wallet = metadata.tables["credit_wallet"]
_lot = metadata.tables["credit_lot"]

_GRANT: Final = "grant"

_EXISTS = Statement(
    select(_wallet.c.user_id.is_not(None).label("has_wallet"))
    .select_from(_account.outerjoin(_wallet, _wallet.c.user_id == _account.c.id))
    .where(_account.c.id == bindparam("user_id"))
)
_EARLIER = Statement(
    select(_lot.c.id, _lot.c.user_id, _lot.c.kind, _lot.c.amount, _lot.c.expires_at).where(
        _lot.c.source == bindparam("source")
    )
)


@dataclass(frozen=True, slots=True)
class Grant:
    """Credits given to a person: how many, whether they were `paid` for or are `granted`, and when they
    expire (None: never).
    """

    user_id: str
    kind: LotKind
    amount: int
    expires_at: datetime | None


class NoAccount(Exception):
    """There is nobody to give it to."""


async def grant(
    store: UnitOfWork, *, grant: Grant, key: str | None, now: datetime, randomness: Ids
) -> Grant | None:
    """Give it; once for every `key`, if there is one. None when that is done, or the earlier grant that has
    the key, and nothing is given. Raises NoAccount.

    A wallet that is not there is made first, and is final by itself.
    """
    found = await store.row(_EXISTS, user_id=grant.user_id)
    if found is None:
        raise NoAccount
    if not found["has_wallet"]:
        await make(store, user_id=grant.user_id, now=now)
    lot_id = randomness.id(now)
    source = f"{_GRANT}:{lot_id if key is None else key}"
    given = await give(
        store,
        transaction_id=randomness.id(now),
        lot_id=lot_id,
        user_id=grant.user_id,
        kind=grant.kind,
        amount=grant.amount,
        key=source,
        expires_at=grant.expires_at,
        month=None,
        now=now,
    )
    if given is not None:
        return None
    row = await store.row(_EARLIER, source=source)
    if row is None:
        raise NoAccount  # it has gone in this moment
    return Grant(row["user_id"], row["kind"], row["amount"], row["expires_at"])
