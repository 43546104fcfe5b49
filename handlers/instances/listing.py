"""A person's instances, page by page.

Whether an instance is archived is computed from what is recorded of it, so a page may have to pass over many.
So that no call costs more than another by orders of magnitude, a page looks at so many instances at most: it
may hold fewer than it could, even none, and still say where to go on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from handlers import pagination
from handlers.moments import seconds
from handlers.workspaces import roles
from persistence import instances
from persistence.unit_of_work import Record, UnitOfWork

LOOK_AT: Final = 1000
_LIST = "instances"


async def page(
    *,
    user_id: str,
    workspace_id: str | None,
    state: str | None,
    limit: int | None,
    cursor: str | None,
    store: UnitOfWork,
    now: datetime,
) -> dict[str, object]:
    """Instances in all of the person's workspaces or in one, the newest first; without `state` all but
    archived ones. Raises InvalidCursor, UnknownWorkspace.
    """
    limit = limit or pagination.DEFAULT_LIMIT
    before = pagination.position(cursor, of=_LIST, start=pagination.AFTER_ALL)
    rows = await instances.page(
        store,
        user_id=user_id,
        workspace_id=workspace_id,
        state=state,
        before=before,
        at_most=limit + 1,
        look_at=LOOK_AT,
        now=now,
    )
    found = [row for row in rows if row["id"] is not None]
    if not found and workspace_id is not None:
        await roles.insist_on_member(workspace_id, user_id=user_id, store=store)
    told = pagination.page(found, limit=limit, of=_LIST, shown=shown)
    if told["next_cursor"] is None and rows[0]["looked_at"] == LOOK_AT:
        told["next_cursor"] = pagination.cursor_after(rows[0]["last_looked_at"], of=_LIST)
    return told


def shown(row: Record) -> dict[str, object]:
    """An instance as the contract writes it."""
    last_seen = row["last_seen_at"]
    return {
        "id": row["id"],
        "client_id": row["client_id"],
        "name": row["name"],
        "workspace_id": row["workspace_id"],
        "state": row["state"],
        "last_seen_at": seconds(last_seen) if last_seen is not None else None,
        "ephemeral": row["ephemeral"],
        "registered_at": seconds(row["registered_at"]),
        "claimed_at": seconds(row["claimed_at"]),
    }
