"""Registration keys as their owner sees them: made, listed, revoked. Using one is part of registering
(persistence.registration).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, bindparam, func, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from persistence.membership import is_member, seen
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_key = metadata.tables["registration_key"]

_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]
_NOW = bindparam("now", type_=_key.c.created_at.type)
_AT_MOST: ColumnElement[int | None] = bindparam("at_most", type_=Integer())
_WORKSPACE_ID = bindparam("workspace_id", type_=_key.c.workspace_id.type)
_SHOWN = tuple(column for column in _key.c if column.name != "key_hash")

_HOLD = Statement(
    select(_workspace.c.id).where(_workspace.c.id == _WORKSPACE_ID).with_for_update(key_share=True)
)
_usable = (
    select(_key.c.id)
    .where(
        _key.c.workspace_id == _WORKSPACE_ID,
        _key.c.revoked_at.is_(None),
        or_(_key.c.expires_at.is_(None), _key.c.expires_at > _NOW),
        or_(_key.c.max_uses.is_(None), _key.c.uses < _key.c.max_uses),
    )
    .limit(_AT_MOST)
    .subquery("usable")
)
_new = {
    "workspace_id": _WORKSPACE_ID,
    "created_at": _NOW,
    "uses": literal(0),
    **{
        name: bindparam(name, type_=_key.c[name].type)
        for name in (
            "id",
            "key_hash",
            "hint",
            "created_by",
            "description",
            "name_prefix",
            "ephemeral",
            "max_uses",
            "expires_at",
        )
    },
}
_CREATE = Statement(
    insert(_key)
    .from_select(
        [*_new],
        select(*_new.values()).where(
            or_(_AT_MOST.is_(None), select(func.count()).select_from(_usable).scalar_subquery() < _AT_MOST)
        ),
    )
    .returning(*_SHOWN)
)
_OF_WORKSPACE = Statement(
    select(*_SHOWN).where(_key.c.workspace_id == bindparam("workspace_id")).order_by(_key.c.id)
)

_OF_ONE: ColumnElement[str | None] = bindparam("workspace_id", type_=_key.c.workspace_id.type)
_newest = (
    select(*_SHOWN)
    .where(
        _key.c.workspace_id == _workspace.c.id,
        _key.c.id < bindparam("before", type_=_key.c.id.type),
        _key.c.revoked_at.is_(None),
    )
    .order_by(_key.c.id.desc())
    .limit(_AT_MOST)
    .lateral("newest")
)
_PAGE = Statement(
    select(_newest)
    .select_from(_member.join(_workspace, is_member()).join(_newest, true()))
    .where(or_(_OF_ONE.is_(None), _workspace.c.id == _OF_ONE))
    .order_by(_newest.c.id.desc())
    .limit(_AT_MOST)
)

_ENDED = {"revoked_at": func.coalesce(_key.c.revoked_at, _NOW)}
_REVOKE = Statement(update(_key).where(_key.c.id == bindparam("id")).values(_ENDED).returning(_key.c.id))
_seen = seen(_key)
_revoked = (
    update(_key)
    .where(_key.c.id == _seen.c.id, _seen.c.may)
    .values(_ENDED)
    .returning(_key.c.id)
    .cte("revoked")
)
_REVOKE_OF_PERSON = Statement(
    select(_seen.c.may, _revoked.c.id).select_from(_seen.outerjoin(_revoked, _revoked.c.id == _seen.c.id))
)


async def create(
    store: UnitOfWork,
    *,
    id: str,
    key_hash: bytes,
    hint: str,
    workspace_id: str,
    created_by: str,
    description: str,
    name_prefix: str,
    ephemeral: bool,
    max_uses: int | None,
    expires_at: datetime | None,
    at_most: int | None,
    now: datetime,
) -> Record | None:
    """Store a key by its digest; `hint` is its readable beginning. The key's columns, or None when the
    workspace has `at_most` already that register something; of those who ask at the same moment each counts
    the others'.
    """
    if at_most is not None:
        await store.write(_HOLD, workspace_id=workspace_id)
    return await store.write(
        _CREATE,
        id=id,
        key_hash=key_hash,
        hint=hint,
        workspace_id=workspace_id,
        created_by=created_by,
        description=description,
        name_prefix=name_prefix,
        ephemeral=ephemeral,
        max_uses=max_uses,
        expires_at=expires_at,
        at_most=at_most,
        now=now,
    )


async def of_workspace(store: UnitOfWork, *, workspace_id: str) -> Sequence[Record]:
    """The workspace's keys, the oldest first, revoked and used ones included."""
    return await store.rows(_OF_WORKSPACE, workspace_id=workspace_id)


async def revoke(store: UnitOfWork, *, id: str, now: datetime) -> bool:
    """Let nobody register with the key from the commit on. False when there is no such key."""
    return await store.write(_REVOKE, id=id, now=now) is not None


async def page(
    store: UnitOfWork, *, user_id: str, workspace_id: str | None, before: str, at_most: int
) -> Sequence[Record]:
    """Keys that were not revoked, of all of the person's workspaces or of one, the newest first, those before
    an id.
    """
    return await store.rows(_PAGE, user_id=user_id, workspace_id=workspace_id, before=before, at_most=at_most)


async def revoke_for(store: UnitOfWork, *, user_id: str, id: str, now: datetime) -> Record | None:
    """Let nobody register with the key any more, for the owner of its workspace: `may`, and `id` when it was
    done. None when the person sees no such key.
    """
    return await store.write(_REVOKE_OF_PERSON, user_id=user_id, id=id, now=now)
