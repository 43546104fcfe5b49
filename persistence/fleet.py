"""Instances as the operator sees them, who looks after all: listed, renamed, deleted.

What deleting takes along (device grants, sessions, tokens, records of interactions) goes by the foreign keys'
cascade, in the same statement.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam, delete, or_, select, update

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_instance = metadata.tables["instance"]
_workspace = metadata.tables["workspace"]
_CALLED = bindparam("called", type_=_instance.c.id.type)
_is_called: ColumnElement[bool] = or_(_instance.c.id == _CALLED, _instance.c.client_id == _CALLED)

_FIND = Statement(select(_instance.c.id, _instance.c.workspace_id).where(_is_called))
_RENAME = Statement(
    update(_instance)
    .where(_is_called, _instance.c.workspace_id.is_not(None))
    .values(name=bindparam("name"))
    .returning(_instance.c.id, _instance.c.name)
)
_DELETE = Statement(delete(_instance).where(_is_called).returning(_instance.c.id))

_OF_OWNER: ColumnElement[str | None] = bindparam("owner_id", type_=_workspace.c.owner_id.type)
_UNCLAIMED_ONLY: ColumnElement[bool] = bindparam("unclaimed_only", type_=_instance.c.ephemeral.type)
_PAGE = Statement(
    select(
        _instance.c.id,
        _instance.c.client_id,
        _instance.c.client_name,
        _instance.c.name,
        _instance.c.workspace_id,
        _instance.c.ephemeral,
        _instance.c.registered_at,
        _instance.c.claimed_at,
    )
    .select_from(_instance.outerjoin(_workspace, _workspace.c.id == _instance.c.workspace_id))
    .where(
        _instance.c.id > bindparam("after", type_=_instance.c.id.type),
        or_(_OF_OWNER.is_(None), _workspace.c.owner_id == _OF_OWNER),
        or_(~_UNCLAIMED_ONLY, _instance.c.workspace_id.is_(None)),
    )
    .order_by(_instance.c.id)
    .limit(bindparam("at_most"))
)


async def find(store: UnitOfWork, *, called: str) -> Record | None:
    """`id` and `workspace_id` (null while unclaimed) of the instance with this id or client id."""
    return await store.row(_FIND, called=called)


async def rename(store: UnitOfWork, *, called: str, name: str) -> Record | None:
    """Name a claimed instance anew: `id` and `name`; None when there is no such instance."""
    return await store.write(_RENAME, called=called, name=name)


async def remove(store: UnitOfWork, *, called: str) -> str | None:
    """Delete the instance with everything that belongs to it; its id, or None when there is no such
    instance.
    """
    row = await store.write(_DELETE, called=called)
    return row["id"] if row is not None else None


async def page(
    store: UnitOfWork, *, owner_id: str | None, unclaimed_only: bool, after: str, at_most: int
) -> Sequence[Record]:
    """Instances by id, which is by the time of their registration, those after the id `after`."""
    return await store.rows(
        _PAGE, owner_id=owner_id, unclaimed_only=unclaimed_only, after=after, at_most=at_most
    )
