"""Who is signed in to an instance, and signing them out from afar.

The owner of the workspace sees and ends everybody's sessions, a member the member's own.
"""

from __future__ import annotations

from datetime import datetime

from handlers import pagination
from handlers.errors import NotFound
from handlers.instances.keeping import UnknownInstance
from handlers.moments import seconds
from persistence import instance_sessions, registration
from persistence.unit_of_work import Record, UnitOfWork

_LIST = "sessions"


class UnknownSession(NotFound):
    """404: the caller sees no live session with this id on the instance."""

    error = "unknown_session"
    message = "No session on this instance has this id, or it has ended."


async def page(
    *,
    instance_id: str,
    user_id: str,
    limit: int | None,
    cursor: str | None,
    store: UnitOfWork,
    now: datetime,
) -> dict[str, object]:
    """Live sessions, the newest first. Raises InvalidCursor, UnknownInstance."""
    limit = limit or pagination.DEFAULT_LIMIT
    rows = await instance_sessions.page(
        store,
        user_id=user_id,
        instance_id=instance_id,
        before=pagination.position(cursor, of=_LIST, start=pagination.AFTER_ALL),
        at_most=limit + 1,
        now=now,
    )
    if not rows:
        raise UnknownInstance
    found = [row for row in rows if row["id"] is not None]
    return pagination.page(found, limit=limit, of=_LIST, shown=_shown)


async def revoke(
    *, instance_id: str, session_id: str, user_id: str, store: UnitOfWork, now: datetime
) -> None:
    """End a session with every token of its family; an ephemeral instance goes with its last one. Raises
    UnknownInstance, UnknownSession.
    """
    instance = await instance_sessions.instance(store, user_id=user_id, instance_id=instance_id)
    if instance is None:
        raise UnknownInstance
    if instance["ephemeral"]:
        await registration.hold_if_ephemeral(store, instance_id=instance_id)
    ended = await instance_sessions.revoke(
        store, user_id=user_id, instance_id=instance_id, id=session_id, now=now
    )
    if not ended:
        raise UnknownSession
    if instance["ephemeral"]:
        registration.delete_if_ephemeral(store, instance_id=instance_id, now=now)


def _shown(row: Record) -> dict[str, object]:
    last_seen = row["last_seen_at"]
    return {
        "id": row["id"],
        "user": {"id": row["user_id"], "name": row["user_name"]},
        "scopes": sorted(row["scopes"]),
        "created_at": seconds(row["created_at"]),
        "expires_at": seconds(row["expires_at"]),
        "last_seen_at": seconds(last_seen) if last_seen is not None else None,
    }
