"""`pat …`: personal access tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.duration import duration
from api.cli.outcome import Outcome
from handlers.user import access_tokens, finding

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
    new = await access_tokens.create(
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
