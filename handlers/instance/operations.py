"""What instances call, in contract order. Everything that a session's token tells was read when the token
was looked up.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers.caller import Caller
from handlers.errors import InvalidToken, NotFound
from handlers.moments import rfc3339
from persistence import accounts, plans, registration, tokens
from persistence.unit_of_work import Record, UnitOfWork


class Unclaimed(NotFound):
    """404: the instance belongs to no workspace yet."""

    error = "instance_unclaimed"
    message = "This instance is unclaimed: it has no workspace and no owner yet."


async def ping_alive(*, body: Any) -> None:
    """The instance is running. What is recorded of it stands in the contract; the body is not kept."""


async def get_owner(*, caller: Caller, store: UnitOfWork) -> dict[str, object]:
    """The owner of the instance's workspace. Raises Unclaimed."""
    workspace = await _workspace(caller, store)
    return {"id": workspace["owner_id"], "kind": "user"}


async def get_instance_workspace(*, caller: Caller, store: UnitOfWork) -> dict[str, object]:
    """The instance's workspace and its generation. Raises Unclaimed."""
    workspace = await _workspace(caller, store)
    return {"generation": workspace["generation"], "id": workspace["id"], "name": workspace["name"]}


async def get_profile(*, caller: Caller, store: UnitOfWork, now: datetime) -> dict[str, object]:
    """Who is signed in, and what the plan that they are on now opens."""
    account = await plans.of_account(store, user_id=caller.person, now=now)
    if account is None:
        raise InvalidToken
    entitlements = sorted(account["entitlements"] or ())
    return {
        "id": account["id"],
        "identity": {"email": account["email"], "name": account["name"]},
        "subscription": {
            "entitlements": [{"name": name} for name in entitlements],
            "plan": {"name": account["plan"]},
        },
    }


async def get_session(*, caller: Caller) -> dict[str, object]:
    """The session behind the token."""
    session = caller.session
    assert session is not None, "the contract asks for a person's token here"
    return {
        "client_id": caller.client_id,
        "created_at": rfc3339(session.created_at),
        "expires_at": rfc3339(session.expires_at),
        "generation": session.generation,
        "id": session.id,
        "scopes": sorted(caller.scopes),
        "user_id": caller.user_id,
        "workspace_id": caller.workspace_id,
    }


async def revoke_session(*, caller: Caller, store: UnitOfWork, now: datetime) -> None:
    """Sign out: the whole family of tokens ends, and an ephemeral instance goes with it."""
    assert caller.session is not None, "the contract asks for a person's token here"
    instance_id = caller.instance_id or ""
    if caller.ephemeral:
        await registration.hold_if_ephemeral(store, instance_id=instance_id)
    tokens.revoke_session(store, session_id=caller.session.id, now=now)
    if caller.ephemeral:
        registration.delete_if_ephemeral(store, instance_id=instance_id, now=now)


async def _workspace(caller: Caller, store: UnitOfWork) -> Record:
    if caller.workspace_id is None:
        raise Unclaimed
    workspace = await accounts.workspace(store, workspace_id=caller.workspace_id)
    if workspace is None:
        raise Unclaimed
    return workspace
