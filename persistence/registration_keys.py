"""Registration keys as their owner sees them: made, listed, revoked. Using one is part of registering
(persistence.registration).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_key = metadata.tables["registration_key"]

_CREATE = Statement(
    insert(_key)
    .values(
        id=bindparam("id"),
        key_hash=bindparam("key_hash"),
        hint=bindparam("hint"),
        workspace_id=bindparam("workspace_id"),
        created_by=bindparam("created_by"),
        description=bindparam("description"),
        name_prefix=bindparam("name_prefix"),
        ephemeral=bindparam("ephemeral"),
        max_uses=bindparam("max_uses"),
        uses=literal(0),
        created_at=bindparam("now"),
        expires_at=bindparam("expires_at"),
        last_used_at=null(),
        revoked_at=null(),
    )
    .returning(_key.c.id)
)
_OF_WORKSPACE = Statement(
    select(*(column for column in _key.c if column.name != "key_hash"))
    .where(_key.c.workspace_id == bindparam("workspace_id"))
    .order_by(_key.c.id)
)
_REVOKE = Statement(
    update(_key)
    .where(_key.c.id == bindparam("id"))
    .values(revoked_at=func.coalesce(_key.c.revoked_at, bindparam("now", type_=_key.c.created_at.type)))
    .returning(_key.c.id)
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
    now: datetime,
) -> None:
    """Store a key by its digest; `hint` is its readable beginning."""
    await store.write(
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
        now=now,
    )


async def of_workspace(store: UnitOfWork, *, workspace_id: str) -> Sequence[Record]:
    """The workspace's keys, the oldest first, revoked and used ones included."""
    return await store.rows(_OF_WORKSPACE, workspace_id=workspace_id)


async def revoke(store: UnitOfWork, *, id: str, now: datetime) -> bool:
    """Let nobody register with the key from the commit on. False when there is no such key."""
    return await store.write(_REVOKE, id=id, now=now) is not None
