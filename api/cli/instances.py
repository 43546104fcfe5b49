"""`instance …`: the fleet, looked after by the operator."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.outcome import Outcome
from handlers.instance import claiming
from handlers.user import finding

app = group("Registered instances.")


@store_command(app, "claim")
async def claim(
    desk: Desk,
    *,
    client_id: Annotated[str, typer.Option(metavar="C", help="The instance's client id.")],
    user: Annotated[
        str, typer.Option(metavar="E", help="Whose workspace gets it: e-mail address, username or id.")
    ],
    name: Annotated[str, typer.Option(metavar="N", help="What the instance is called.")],
) -> Outcome:
    """Put an unclaimed instance into a user's workspace and name it."""
    owner = await finding.user_id(user, store=desk.store)
    claimed = await claiming.claim(
        client_id=client_id,
        workspace_id=await finding.own_workspace_id(owner, store=desk.store),
        name=name,
        store=desk.store,
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
