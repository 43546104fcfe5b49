"""`registration-key …`: the keys with which instances register into a workspace."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.duration import duration
from api.cli.listing import listed
from api.cli.outcome import Outcome
from handlers.registration_keys import keys
from handlers.user import finding
from persistence import registration_keys as stored

app = group("Registration keys.")


@store_command(app, "create")
async def create(
    desk: Desk,
    *,
    user: Annotated[str, typer.Option(metavar="E", help="Whose workspace: e-mail address, username or id.")],
    prefix: Annotated[str, typer.Option(metavar="P", help="How the names of the instances begin.")] = "",
    description: Annotated[str, typer.Option(metavar="D", help="What the key is for.")] = "",
    reusable: Annotated[bool, typer.Option("--reusable", help="Any number of instances may use it.")] = False,
    max_uses: Annotated[
        int | None, typer.Option(metavar="N", help="How many instances may use it (default 1).")
    ] = None,
    expires_in: Annotated[
        timedelta | None,
        typer.Option(parser=duration, metavar="DURATION", help="Such as 30d, 12h, 15m; default: never."),
    ] = None,
    ephemeral: Annotated[
        bool,
        typer.Option("--ephemeral", help="Instances are deleted when nobody is signed in to them any more."),
    ] = False,
) -> Outcome:
    """Create a registration key, for one use unless said otherwise. The key is shown once."""
    if reusable and max_uses is not None:
        raise typer.BadParameter("Use --reusable or --max-uses, not both.")
    owner = await finding.user_id(user, store=desk.store)
    workspace_id = await finding.own_workspace_id(owner, store=desk.store)
    terms = keys.KeyTerms(
        prefix=prefix,
        description=description,
        max_uses=None if reusable else 1 if max_uses is None else max_uses,
        expires_in=expires_in,
        ephemeral=ephemeral,
    )
    new = await keys.create(
        terms,
        workspace_id=workspace_id,
        created_by=owner,
        prefix=desk.settings.registration_key_prefix,
        store=desk.store,
        randomness=desk.randomness,
        now=desk.now,
    )
    return Outcome(
        {"id": new.id, "key": new.key, "workspace_id": workspace_id},
        f"Created the key {new.id} of workspace {workspace_id}. It is shown this once:\n{new.key}",
    )


@store_command(app, "list")
async def list_keys(
    desk: Desk,
    *,
    user: Annotated[str, typer.Option(metavar="E", help="Whose workspace: e-mail address, username or id.")],
) -> Outcome:
    """List the registration keys of a user's workspace, without the keys themselves."""
    owner = await finding.user_id(user, store=desk.store)
    workspace_id = await finding.own_workspace_id(owner, store=desk.store)
    rows = await stored.of_workspace(desk.store, workspace_id=workspace_id)
    columns = ("id", "hint", "description", "name_prefix", "uses", "max_uses", "expires_at", "revoked_at")
    return listed([dict(row) for row in rows], name="registration_keys", columns=columns)


@store_command(app, "revoke")
async def revoke(
    desk: Desk, *, key_id: Annotated[str, typer.Option("--id", metavar="ID", help="The key's id.")]
) -> Outcome:
    """Revoke a registration key. Instances that registered with it stay."""
    await keys.revoke(key_id, store=desk.store, now=desk.now)
    return Outcome({"id": key_id, "revoked": True}, f"Revoked the key {key_id}.")
