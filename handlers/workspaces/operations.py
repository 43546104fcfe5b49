"""A person's workspaces, in contract order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import display_name, pagination
from handlers.answers import NO_STORE, Answer
from handlers.caller import Caller
from handlers.errors import ApiError
from handlers.moments import seconds
from handlers.workspaces.roles import UnknownWorkspace, insist
from persistence import workspaces
from persistence.unit_of_work import Record, UnitOfWork

_LIST = "workspaces"


class ArchivedBeforeStale(ApiError):
    """400: instances would be archived before they are stale."""

    error = "archived_before_stale"
    message = "archive_after_s must be more than stale_after_s."


async def list_workspaces(
    *, limit: int | None, cursor: str | None, caller: Caller, store: UnitOfWork
) -> Answer:
    """The caller's workspaces, the oldest first. Raises InvalidCursor."""
    limit = limit or pagination.DEFAULT_LIMIT
    rows = await workspaces.page(
        store,
        user_id=caller.person,
        after=pagination.position(cursor, of=_LIST, start=pagination.BEFORE_ALL),
        at_most=limit + 1,
    )
    return Answer(body=pagination.page(rows, limit=limit, of=_LIST, shown=_shown), headers=NO_STORE)


async def update_workspace(
    *, workspace_id: str, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, now: datetime
) -> Answer:
    """Change what the body names. Raises UnusableName, UnknownWorkspace, OwnerOnly, ArchivedBeforeStale."""
    name = body.get("name")
    row = insist(
        await workspaces.change(
            store,
            user_id=caller.person,
            id=workspace_id,
            name=display_name.cleaned(name) if name is not None else None,
            stale_after_s=body.get("stale_after_s"),
            archive_after_s=body.get("archive_after_s"),
            now=now,
        ),
        unknown=UnknownWorkspace,
    )
    if row["id"] is None:
        raise ArchivedBeforeStale
    return Answer(body=_shown(row), headers=NO_STORE)


def _shown(row: Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "name": row["name"],
        "role": "owner" if row["may"] else "member",
        "stale_after_s": row["stale_after_s"],
        "archive_after_s": row["archive_after_s"],
        "created_at": seconds(row["created_at"]),
    }
