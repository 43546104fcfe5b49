"""Who is signed in to an instance: its owner sees everybody, a member the member's own sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select, true, update

from persistence.membership import MAY, PERSON, in_workspaces_of_person
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_instance = metadata.tables["instance"]
_session = metadata.tables["session"]
_account = metadata.tables["account"]
_clock = metadata.tables["interaction_clock"]
_NOW = bindparam("now", type_=_session.c.created_at.type)

_seen = (
    select(_instance.c.id, _instance.c.ephemeral, MAY)
    .select_from(in_workspaces_of_person(_instance))
    .where(_instance.c.id == bindparam("instance_id", type_=_instance.c.id.type))
    .cte("seen")
)
_is_shown = and_(
    _session.c.instance_id == _seen.c.id,
    _session.c.revoked_at.is_(None),
    _session.c.expires_at > _NOW,
    or_(_seen.c.may, _session.c.user_id == PERSON),
)
_last_seen = (
    select(func.max(_clock.c.at).label("at"))
    .where(_clock.c.instance_id == _session.c.instance_id, _clock.c.user_id == _session.c.user_id)
    .lateral("last_seen")
)
_live = (
    select(
        _session.c.id,
        _session.c.user_id,
        _account.c.name.label("user_name"),
        _session.c.scopes,
        _session.c.created_at,
        _session.c.expires_at,
        _last_seen.c.at.label("last_seen_at"),
    )
    .select_from(_session.join(_account, _account.c.id == _session.c.user_id).join(_last_seen, true()))
    .where(_is_shown, _session.c.id < bindparam("before", type_=_session.c.id.type))
    .order_by(_session.c.id.desc())
    .limit(bindparam("at_most"))
    .lateral("live")
)
_PAGE = Statement(select(_live).select_from(_seen.outerjoin(_live, true())).order_by(_live.c.id.desc()))
_INSTANCE = Statement(select(_seen.c.id, _seen.c.ephemeral))
_REVOKE = Statement(
    update(_session)
    .where(_session.c.id == bindparam("id"), _is_shown)
    .values(revoked_at=_NOW)
    .returning(_session.c.id)
)


async def page(
    store: UnitOfWork, *, user_id: str, instance_id: str, before: str, at_most: int, now: datetime
) -> Sequence[Record]:
    """Live sessions on the instance, the newest first, those before an id, with when their person was last
    seen there. No row when the person sees no such instance; a first row whose `id` is null when there is no
    session.
    """
    return await store.rows(
        _PAGE, user_id=user_id, instance_id=instance_id, before=before, at_most=at_most, now=now
    )


async def instance(store: UnitOfWork, *, user_id: str, instance_id: str) -> Record | None:
    """`id` and `ephemeral` of an instance that the person sees."""
    return await store.row(_INSTANCE, user_id=user_id, instance_id=instance_id)


async def revoke(store: UnitOfWork, *, user_id: str, instance_id: str, id: str, now: datetime) -> bool:
    """End a live session that the person sees: its tokens open nothing from the commit on. False when there
    is none.
    """
    row = await store.write(_REVOKE, user_id=user_id, instance_id=instance_id, id=id, now=now)
    return row is not None
