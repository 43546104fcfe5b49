"""What is told of an instance that has come into a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_instance = metadata.tables["instance"]
_workspace = metadata.tables["workspace"]

_CLAIM = Statement(
    select(_instance.c.name.label("instance"), _workspace.c.name.label("workspace"), _instance.c.claimed_at)
    .select_from(_instance.join(_workspace, _workspace.c.id == _instance.c.workspace_id))
    .where(_instance.c.id == bindparam("id"), _instance.c.claimed_at.is_not(None))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """An instance's name and that of its workspace, and since when it is there."""

    instance: str
    workspace: str
    at: datetime


async def claim(store: UnitOfWork, instance_id: str) -> Claim | None:
    """How the instance was claimed; None when it is unclaimed or gone."""
    row = await store.row(_CLAIM, id=instance_id)
    return None if row is None else Claim(row["instance"], row["workspace"], row["claimed_at"])
