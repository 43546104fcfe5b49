"""`pat …`: personal access tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.duration import duration
from api.cli.listing import listed
from api.cli.outcome import Outcome
from handlers.pats import tokens
from handlers.user import finding
from persistence import access_tokens as stored

app = group("Personal access tokens.")


@store_command(app, "create")
async def create(
    desk: Desk,
    *,
    user: Annotated[str, typer.Option(metavar="E", help="The owner: e-mail address, username or id.")],
    name: Annotated[str, typer.Option(metavar="N", help="What it is for.")],
    expires_in: Annotated[
        timedelta | None,
        typer.Option(parser=duration, metavar="DURATION", help="Such as 30d, 12h, 15m; default: never."),
    ] = None,
) -> Outcome:
    """Create a personal access token. The token is shown once."""
    new = await tokens.create(
        user_id=await finding.user_id(user, store=desk.store),
        name=name,
        expires_in=expires_in,
        prefix=desk.settings.pat_prefix,
        store=desk.store,
        randomness=desk.randomness,
        now=desk.now,
    )
    return Outcome(
        {"id": new.id, "token": new.token},
        f"Created the token {new.id}. It is shown this once:\n{new.token}",
    )


@store_command(app, "list")
async def list_tokens(
    desk: Desk,
    *,
    user: Annotated[str, typer.Option(metavar="E", help="The owner: e-mail address, username or id.")],
) -> Outcome:
    """List an account's personal access tokens, without the tokens themselves."""
    rows = await stored.of_user(desk.store, user_id=await finding.user_id(user, store=desk.store))
    columns = ("id", "name", "created_at", "expires_at", "revoked_at")
    return listed([dict(row) for row in rows], name="tokens", columns=columns)


@store_command(app, "revoke")
async def revoke(
    desk: Desk, *, token_id: Annotated[str, typer.Option("--id", metavar="ID", help="The token's id.")]
) -> Outcome:
    """Revoke a personal access token. It opens nothing from now on."""
    await tokens.revoke(token_id, store=desk.store, now=desk.now)
    return Outcome({"id": token_id, "revoked": True}, f"Revoked the token {token_id}.")
