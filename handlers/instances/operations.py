"""What people do with the instances in their workspaces, in contract order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import display_name
from handlers.answers import NO_STORE, Answer
from handlers.caller import Caller
from handlers.instances import claiming, listing, sessions
from handlers.instances.keeping import UnknownInstance
from handlers.ports import Ports
from handlers.workspaces.roles import insist
from persistence import instances
from persistence.unit_of_work import UnitOfWork


async def list_instances(
    *,
    workspace_id: str | None,
    state: str | None,
    limit: int | None,
    cursor: str | None,
    caller: Caller,
    store: UnitOfWork,
    now: datetime,
) -> Answer:
    """The instances that the caller sees. Raises InvalidCursor, UnknownWorkspace."""
    found = await listing.page(
        user_id=caller.person,
        workspace_id=workspace_id,
        state=state,
        limit=limit,
        cursor=cursor,
        store=store,
        now=now,
    )
    return Answer(body=found, headers=NO_STORE)


async def claim_instance(
    *,
    body: Mapping[str, Any],
    caller: Caller,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> Answer:
    """Make the instance that shows a user code one of a workspace. Raises what `claiming.claim_by_code`
    does.
    """
    instance_id = await claiming.claim_by_code(
        typed=body["user_code"],
        workspace_id=body["workspace_id"],
        name=body["name"],
        user_id=caller.person,
        store=store,
        ports=ports,
        now=now,
        client_ip=client_ip,
    )
    row = await instances.one(store, user_id=caller.person, id=instance_id, now=now)
    assert row is not None, "it was claimed a moment ago, in this unit of work"
    return Answer(201, body=listing.shown(row), headers=NO_STORE)


async def get_instance(*, instance_id: str, caller: Caller, store: UnitOfWork, now: datetime) -> Answer:
    """One of them. Raises UnknownInstance."""
    row = await instances.one(store, user_id=caller.person, id=instance_id, now=now)
    if row is None:
        raise UnknownInstance
    return Answer(body=listing.shown(row), headers=NO_STORE)


async def rename_instance(
    *, instance_id: str, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, now: datetime
) -> Answer:
    """Name it anew. Raises UnusableName, UnknownInstance, OwnerOnly."""
    name = display_name.cleaned(body["name"])
    row = insist(
        await instances.rename(store, user_id=caller.person, id=instance_id, name=name),
        unknown=UnknownInstance,
    )
    if row["id"] is None:
        raise UnknownInstance
    return await get_instance(instance_id=instance_id, caller=caller, store=store, now=now)


async def delete_instance(*, instance_id: str, caller: Caller, store: UnitOfWork) -> Answer:
    """End it: its client, its tokens, and the sessions of everybody on it. Raises UnknownInstance,
    OwnerOnly.
    """
    row = insist(
        await instances.remove(store, user_id=caller.person, id=instance_id), unknown=UnknownInstance
    )
    if row["id"] is None:
        raise UnknownInstance
    return Answer(204)


async def list_instance_sessions(
    *,
    instance_id: str,
    limit: int | None,
    cursor: str | None,
    caller: Caller,
    store: UnitOfWork,
    now: datetime,
) -> Answer:
    """Who is signed in to it. Raises InvalidCursor, UnknownInstance."""
    found = await sessions.page(
        instance_id=instance_id, user_id=caller.person, limit=limit, cursor=cursor, store=store, now=now
    )
    return Answer(body=found, headers=NO_STORE)


async def revoke_instance_session(
    *, instance_id: str, session_id: str, caller: Caller, store: UnitOfWork, now: datetime
) -> Answer:
    """Sign somebody out of it. Raises UnknownInstance, UnknownSession."""
    await sessions.revoke(
        instance_id=instance_id, session_id=session_id, user_id=caller.person, store=store, now=now
    )
    return Answer(204)
