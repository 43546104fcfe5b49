"""Instances as those see them who look after them: claimed, listed, renamed, deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, update

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_instance = metadata.tables["instance"]
_NOW = bindparam("now", type_=_instance.c.claimed_at.type)

_CLAIM = Statement(
    update(_instance)
    .where(_instance.c.client_id == bindparam("client_id"), _instance.c.workspace_id.is_(None))
    .values(workspace_id=bindparam("workspace_id"), name=bindparam("name"), claimed_at=_NOW)
    .returning(_instance.c.id)
)


async def claim(
    store: UnitOfWork, *, client_id: str, workspace_id: str, name: str, now: datetime
) -> str | None:
    """Put the client's instance into a workspace if it is in none; its id, or None when there is no such
    instance.
    """
    row = await store.write(_CLAIM, client_id=client_id, workspace_id=workspace_id, name=name, now=now)
    return row["id"] if row is not None else None
