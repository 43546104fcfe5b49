"""`instance …`: the fleet, looked after by the operator."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.listing import After, Limit, listed
from api.cli.outcome import Outcome
from handlers.instances import claiming, keeping
from handlers.user import finding
from persistence import fleet

app = group("Registered instances.")

_ClientId = Annotated[str, typer.Option(metavar="C", help="The instance's client id (or its id).")]


@store_command(app, "list")
async def list_instances(
    desk: Desk,
    *,
    user: Annotated[
        str | None, typer.Option(metavar="E", help="Only those of this user: e-mail address, username or id.")
    ] = None,
    unclaimed: Annotated[
        bool, typer.Option("--unclaimed", help="Only those that nobody has claimed.")
    ] = False,
    limit: Limit = 100,
    after: After = "",
) -> Outcome:
    """List instances, the oldest first."""
    owner = await finding.user_id(user, store=desk.store) if user is not None else None
    rows = await fleet.page(desk.store, owner_id=owner, unclaimed_only=unclaimed, after=after, at_most=limit)
    columns = ("id", "client_id", "name", "workspace_id", "registered_at", "claimed_at")
    return listed([dict(row) for row in rows], name="instances", columns=columns, limit=limit)


@store_command(app, "claim")
async def claim(
    desk: Desk,
    *,
    client_id: _ClientId,
    user: Annotated[
        str, typer.Option(metavar="E", help="Whose workspace gets it: e-mail address, username or id.")
    ],
    name: Annotated[str, typer.Option(metavar="N", help="What the instance is called.")],
) -> Outcome:
    """Put an unclaimed instance into a user's workspace and name it."""
    owner = await finding.user_id(user, store=desk.store)
    claimed = await claiming.claim(
        called=client_id,
        workspace_id=await finding.own_workspace_id(owner, store=desk.store),
        name=name,
        store=desk.store,
        randomness=desk.randomness,
        now=desk.now,
    )
    return Outcome(
        {
            "id": claimed.id,
            "client_id": claimed.client_id,
            "name": claimed.name,
            "workspace_id": claimed.workspace_id,
        },
        f"Claimed the instance {claimed.id} as {claimed.name} into workspace {claimed.workspace_id}.",
    )


@store_command(app, "rename")
async def rename(
    desk: Desk,
    *,
    client_id: _ClientId,
    name: Annotated[str, typer.Option(metavar="N", help="What the instance is called from now on.")],
) -> Outcome:
    """Name a claimed instance anew."""
    renamed = await keeping.rename(called=client_id, name=name, store=desk.store)
    return Outcome(
        {"id": renamed.id, "name": renamed.name}, f"The instance {renamed.id} is called {renamed.name} now."
    )


@store_command(app, "delete")
async def delete(desk: Desk, *, client_id: _ClientId) -> Outcome:
    """Delete an instance with its client, its tokens and the sessions of people signed in to it."""
    instance_id = await keeping.delete(called=client_id, store=desk.store)
    return Outcome({"id": instance_id, "deleted": True}, f"Deleted the instance {instance_id}.")
