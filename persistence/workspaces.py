"""Workspaces as a person sees them who is a member."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from persistence.membership import MAY, PERSON, is_member
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]

_PAGE = Statement(
    select(_workspace, MAY)
    .select_from(_member.join(_workspace, _workspace.c.id == _member.c.workspace_id))
    .where(
        _member.c.user_id == PERSON,
        _member.c.workspace_id > bindparam("after", type_=_member.c.workspace_id.type),
    )
    .order_by(_member.c.workspace_id)
    .limit(bindparam("at_most"))
)
_ONE = Statement(
    select(MAY).select_from(_member.join(_workspace, is_member())).where(_workspace.c.id == bindparam("id"))
)

_seen = (
    select(_workspace.c.id, MAY)
    .select_from(_member.join(_workspace, is_member()))
    .where(_workspace.c.id == bindparam("id", type_=_workspace.c.id.type))
    .cte("seen")
)
_CHANGES = {
    name: func.coalesce(bindparam(name, type_=_workspace.c[name].type), _workspace.c[name])
    for name in ("name", "stale_after_s", "archive_after_s")
}
_changed = (
    update(_workspace)
    .where(
        _workspace.c.id == _seen.c.id,
        _seen.c.may,
        _CHANGES["stale_after_s"] < _CHANGES["archive_after_s"],
    )
    .values(**_CHANGES, updated_at=bindparam("now", type_=_workspace.c.updated_at.type))
    .returning(_workspace)
    .cte("changed")
)
_UPDATE = Statement(
    select(_seen.c.may, _changed).select_from(_seen.outerjoin(_changed, _changed.c.id == _seen.c.id))
)


async def page(store: UnitOfWork, *, user_id: str, after: str, at_most: int) -> Sequence[Record]:
    """The person's workspaces, the oldest first, those after an id: their columns and `may`."""
    return await store.rows(_PAGE, user_id=user_id, after=after, at_most=at_most)


async def standing(store: UnitOfWork, *, user_id: str, id: str) -> Record | None:
    """`may`: whether the person owns the workspace; None when the person is no member of one with this id."""
    return await store.row(_ONE, user_id=user_id, id=id)


async def change(
    store: UnitOfWork,
    *,
    user_id: str,
    id: str,
    name: str | None,
    stale_after_s: int | None,
    archive_after_s: int | None,
    now: datetime,
) -> Record | None:
    """Change what is not None, for the owner: `may`, and the workspace's columns when it was done.

    The columns are null when it was not done: the person may not, or it would be archived before it is
    stale. None when the person is no member of one with this id.
    """
    return await store.write(
        _UPDATE,
        user_id=user_id,
        id=id,
        name=name,
        stale_after_s=stale_after_s,
        archive_after_s=archive_after_s,
        now=now,
    )
