"""Personal access tokens as their owner sees them: listed, revoked. Making one is persistence.accounts',
using one persistence.credentials'.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_pat = metadata.tables["personal_access_token"]
_NOW = bindparam("now", type_=_pat.c.created_at.type)

_OF_USER = Statement(
    select(_pat.c.id, _pat.c.name, _pat.c.created_at, _pat.c.expires_at, _pat.c.revoked_at)
    .where(_pat.c.user_id == bindparam("user_id"))
    .order_by(_pat.c.id)
)
_REVOKE = Statement(
    update(_pat)
    .where(_pat.c.id == bindparam("id"))
    .values(revoked_at=func.coalesce(_pat.c.revoked_at, _NOW))
    .returning(_pat.c.id)
)


async def of_user(store: UnitOfWork, *, user_id: str) -> Sequence[Record]:
    """The account's tokens, the oldest first, revoked and expired ones included."""
    return await store.rows(_OF_USER, user_id=user_id)


async def revoke(store: UnitOfWork, *, id: str, now: datetime) -> bool:
    """End a token from the commit on; the first time counts. False when there is no such token."""
    return await store.write(_REVOKE, id=id, now=now) is not None
