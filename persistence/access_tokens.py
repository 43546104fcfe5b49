"""Personal access tokens as their owner sees them: made, listed, revoked. Using one is
persistence.credentials'.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_pat = metadata.tables["personal_access_token"]
_account = metadata.tables["account"]
_NOW = bindparam("now", type_=_pat.c.created_at.type)
_USER = bindparam("user_id", type_=_pat.c.user_id.type)
_AT_MOST: ColumnElement[int | None] = bindparam("at_most", type_=Integer())

_OF: ColumnElement[str | None] = bindparam("user_id", type_=_pat.c.user_id.type)

_HOLD = Statement(select(_account.c.id).where(_account.c.id == _USER).with_for_update(key_share=True))
_live = (
    select(_pat.c.id)
    .where(
        _pat.c.user_id == _USER,
        _pat.c.revoked_at.is_(None),
        or_(_pat.c.expires_at.is_(None), _pat.c.expires_at > _NOW),
    )
    .limit(_AT_MOST)
    .subquery("live")
)
_new = {
    "user_id": _USER,
    "created_at": _NOW,
    **{name: bindparam(name, type_=_pat.c[name].type) for name in ("token_hash", "id", "name", "expires_at")},
}
_CREATE = Statement(
    insert(_pat)
    .from_select(
        [*_new],
        select(*_new.values()).where(
            or_(_AT_MOST.is_(None), select(func.count()).select_from(_live).scalar_subquery() < _AT_MOST)
        ),
    )
    .returning(_pat.c.id)
)
_OF_USER = Statement(
    select(_pat.c.id, _pat.c.name, _pat.c.created_at, _pat.c.expires_at, _pat.c.revoked_at)
    .where(_pat.c.user_id == _USER)
    .order_by(_pat.c.id)
)
_PAGE = Statement(
    select(_pat.c.id, _pat.c.name, _pat.c.created_at, _pat.c.expires_at)
    .where(
        _pat.c.user_id == _USER,
        _pat.c.id < bindparam("before", type_=_pat.c.id.type),
        _pat.c.revoked_at.is_(None),
    )
    .order_by(_pat.c.id.desc())
    .limit(bindparam("at_most"))
)
_REVOKE = Statement(
    update(_pat)
    .where(_pat.c.id == bindparam("id"), or_(_OF.is_(None), _pat.c.user_id == _OF))
    .values(revoked_at=func.coalesce(_pat.c.revoked_at, _NOW))
    .returning(_pat.c.id)
)


async def create(
    store: UnitOfWork,
    *,
    token_hash: bytes,
    id: str,
    user_id: str,
    name: str,
    expires_at: datetime | None,
    at_most: int | None,
    now: datetime,
) -> bool:
    """Store a token by its digest. False when the account has `at_most` already that open something; of those
    who ask at the same moment each counts the others'.
    """
    if at_most is not None:
        await store.write(_HOLD, user_id=user_id)
    row = await store.write(
        _CREATE,
        token_hash=token_hash,
        id=id,
        user_id=user_id,
        name=name,
        expires_at=expires_at,
        at_most=at_most,
        now=now,
    )
    return row is not None


async def of_user(store: UnitOfWork, *, user_id: str) -> Sequence[Record]:
    """The account's tokens, the oldest first, revoked and expired ones included."""
    return await store.rows(_OF_USER, user_id=user_id)


async def page(store: UnitOfWork, *, user_id: str, before: str, at_most: int) -> Sequence[Record]:
    """The account's tokens that were not revoked, the newest first, those before an id."""
    return await store.rows(_PAGE, user_id=user_id, before=before, at_most=at_most)


async def revoke(store: UnitOfWork, *, id: str, user_id: str | None, now: datetime) -> bool:
    """End a token from the commit on; the first time counts. False when there is no such token, or none of
    this account's.
    """
    return await store.write(_REVOKE, id=id, user_id=user_id, now=now) is not None
