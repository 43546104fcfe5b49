"""Instances as a person sees them: those in the person's workspaces, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, bindparam, delete, func, or_, select, true, update

from persistence.membership import in_workspaces_of_person, is_member, seen
from persistence.silence import LAST_SEEN, STATE, told
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_instance = metadata.tables["instance"]
_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]

_SHOWN = (
    _instance.c.id,
    _instance.c.client_id,
    _instance.c.name,
    _instance.c.workspace_id,
    _instance.c.ephemeral,
    _instance.c.registered_at,
    _instance.c.claimed_at,
    LAST_SEEN,
    STATE.label("state"),
)
_ONE = Statement(
    select(*_SHOWN)
    .select_from(in_workspaces_of_person(_instance).outerjoin(told, true()))
    .where(_instance.c.id == bindparam("id"))
)

_OF_WORKSPACE: ColumnElement[str | None] = bindparam("workspace_id", type_=_workspace.c.id.type)
_IN_STATE: ColumnElement[str | None] = bindparam("state", type_=String())
_AT_MOST = bindparam("look_at", type_=_workspace.c.generation.type)

# The newest of each workspace, by its index, and of these the newest: whose turn it is to be looked at.
_newest = (
    select(_instance.c.id)
    .where(
        _instance.c.workspace_id == _workspace.c.id,
        _instance.c.id < bindparam("before", type_=_instance.c.id.type),
    )
    .order_by(_instance.c.id.desc())
    .limit(_AT_MOST)
    .lateral("newest")
)
_turn = (
    select(_newest.c.id)
    .select_from(_member.join(_workspace, is_member()).join(_newest, true()))
    .where(or_(_OF_WORKSPACE.is_(None), _workspace.c.id == _OF_WORKSPACE))
    .order_by(_newest.c.id.desc())
    .limit(_AT_MOST)
    .cte("turn")
)
_dated = (
    select(*_SHOWN)
    .select_from(
        _turn.join(_instance, _instance.c.id == _turn.c.id)
        .join(_workspace, _workspace.c.id == _instance.c.workspace_id)
        .outerjoin(told, true())
    )
    .subquery("dated")
)
_shown = (
    select(_dated)
    .where(or_(_dated.c.state == _IN_STATE, _IN_STATE.is_(None) & (_dated.c.state != "archived")))
    .order_by(_dated.c.id.desc())
    .limit(bindparam("at_most"))
    .cte("shown")
)
_looked = select(func.count().label("looked_at"), func.min(_turn.c.id).label("last_looked_at")).subquery(
    "looked"
)
_PAGE = Statement(
    select(_looked, _shown).select_from(_looked.outerjoin(_shown, true())).order_by(_shown.c.id.desc())
)

_seen = seen(_instance)
_renamed = (
    update(_instance)
    .where(_instance.c.id == _seen.c.id, _seen.c.may)
    .values(name=bindparam("name", type_=_instance.c.name.type))
    .returning(_instance.c.id)
    .cte("renamed")
)
_RENAME = Statement(
    select(_seen.c.may, _renamed.c.id).select_from(_seen.outerjoin(_renamed, _renamed.c.id == _seen.c.id))
)
_deleted = (
    delete(_instance)
    .where(_instance.c.id == _seen.c.id, _seen.c.may)
    .returning(_instance.c.id)
    .cte("deleted")
)
_DELETE = Statement(
    select(_seen.c.may, _deleted.c.id).select_from(_seen.outerjoin(_deleted, _deleted.c.id == _seen.c.id))
)


async def one(store: UnitOfWork, *, user_id: str, id: str, now: datetime) -> Record | None:
    """The instance with `last_seen_at` and `state`, if it is in a workspace of the person."""
    return await store.row(_ONE, user_id=user_id, id=id, now=now)


async def page(
    store: UnitOfWork,
    *,
    user_id: str,
    workspace_id: str | None,
    state: str | None,
    before: str,
    at_most: int,
    look_at: int,
    now: datetime,
) -> Sequence[Record]:
    """The person's instances of a state (None: all but archived ones), the newest first, those before an id.

    Not more than `look_at` instances are looked at: each row also says how many were (`looked_at`) and which
    was the last of them (`last_looked_at`). There is always a first row; its `id` is null when none fits.
    """
    return await store.rows(
        _PAGE,
        user_id=user_id,
        workspace_id=workspace_id,
        state=state,
        before=before,
        at_most=at_most,
        look_at=look_at,
        now=now,
    )


async def rename(store: UnitOfWork, *, user_id: str, id: str, name: str) -> Record | None:
    """Name an instance anew for the owner of its workspace: `may`, and `id` when it was done. None when the
    person sees no such instance.
    """
    return await store.write(_RENAME, user_id=user_id, id=id, name=name)


async def remove(store: UnitOfWork, *, user_id: str, id: str) -> Record | None:
    """Delete an instance, with everything that belongs to it, for the owner of its workspace; the answer is
    that of `rename`.
    """
    return await store.write(_DELETE, user_id=user_id, id=id)
