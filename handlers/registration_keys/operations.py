"""The registration keys of a person's workspaces, in contract order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers import pagination
from handlers.answers import NO_STORE, Answer
from handlers.caller import Caller
from handlers.moments import seconds
from handlers.ports import Ports
from handlers.registration_keys import keys
from handlers.workspaces import roles
from persistence import registration_keys
from persistence.unit_of_work import Record, UnitOfWork

_LIST = "registration-keys"


async def list_registration_keys(
    *,
    workspace_id: str | None,
    limit: int | None,
    cursor: str | None,
    caller: Caller,
    store: UnitOfWork,
    now: datetime,
) -> Answer:
    """The keys that the caller sees, the newest first. Raises InvalidCursor, UnknownWorkspace."""
    limit = limit or pagination.DEFAULT_LIMIT
    rows = await registration_keys.page(
        store,
        user_id=caller.person,
        workspace_id=workspace_id,
        before=pagination.position(cursor, of=_LIST, start=pagination.AFTER_ALL),
        at_most=limit + 1,
    )
    if not rows and workspace_id is not None:
        await roles.insist_on_member(workspace_id, user_id=caller.person, store=store)
    page = pagination.page(rows, limit=limit, of=_LIST, shown=lambda row: _shown(row, now))
    return Answer(body=page, headers=NO_STORE)


async def create_registration_key(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """A new one for a workspace of the caller's, shown once. Raises UnknownWorkspace, OwnerOnly,
    UnusablePrefix, UnusableDescription, TooManyKeys.
    """
    workspace_id = body["workspace_id"]
    await roles.insist_on_owner(workspace_id, user_id=caller.person, store=store)
    expires_in_s = body.get("expires_in_s")
    new = await keys.create(
        keys.KeyTerms(
            prefix=body.get("prefix", ""),
            description=body.get("description", ""),
            max_uses=None if body.get("reusable", False) else 1,
            expires_in=timedelta(seconds=expires_in_s) if expires_in_s is not None else None,
            ephemeral=body.get("ephemeral", False),
        ),
        workspace_id=workspace_id,
        created_by=caller.person,
        prefix=ports.policy.registration_key_prefix,
        at_most=keys.MOST,
        store=store,
        randomness=ports.randomness,
        now=now,
    )
    return Answer(201, body={**_shown(new.stored, now), "key": new.key}, headers=NO_STORE)


async def revoke_registration_key(*, key_id: str, caller: Caller, store: UnitOfWork, now: datetime) -> Answer:
    """Let nobody register with it any more. Raises UnknownKey, OwnerOnly."""
    roles.insist(
        await registration_keys.revoke_for(store, user_id=caller.person, id=key_id, now=now),
        unknown=keys.UnknownKey,
    )
    return Answer(204)


def _shown(row: Record, now: datetime) -> dict[str, object]:
    expires_at, last_used_at = row["expires_at"], row["last_used_at"]
    return {
        "id": row["id"],
        "hint": row["hint"],
        "description": row["description"],
        "prefix": row["name_prefix"],
        "workspace_id": row["workspace_id"],
        "reusable": row["max_uses"] is None,
        "ephemeral": row["ephemeral"],
        "state": keys.state(uses=row["uses"], max_uses=row["max_uses"], expires_at=expires_at, now=now),
        "uses": row["uses"],
        "created_at": seconds(row["created_at"]),
        "expires_at": seconds(expires_at) if expires_at is not None else None,
        "last_used_at": seconds(last_used_at) if last_used_at is not None else None,
    }
