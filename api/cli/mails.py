"""`mail …`: what became of the mails of the last days, and those that were written into files."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.failures import Refused
from api.cli.listing import After, Limit, listed, plain
from api.cli.outcome import Outcome
from persistence import mails

app = group("Mails of the last days.")

_COLUMNS = ("id", "kind", "to_address", "state", "attempts", "created_at", "ended_at")


@store_command(app, "list")
async def list_mails(
    desk: Desk,
    *,
    state: Annotated[
        str | None,
        typer.Option(metavar="S", help=f"Only those that are {', '.join(mails.STATES)}."),
    ] = None,
    limit: Limit = 100,
    after: After = "",
) -> Outcome:
    """List mails, the oldest first: to whom, what about, and whether they were sent. Of an unknown one
    nobody knows whether it arrived."""
    if state is not None and state not in mails.STATES:
        raise Refused(f"A mail is {', '.join(mails.STATES[:-1])} or {mails.STATES[-1]}.")
    rows = await mails.page(desk.store, state=state, after=after, at_most=limit)
    return listed([dict(row) for row in rows], name="mails", columns=_COLUMNS, limit=limit)


@store_command(app, "show")
async def show(desk: Desk, *, id: Annotated[str, typer.Argument(metavar="ID")]) -> Outcome:
    """Print a mail as it was written into the data directory. What went to an SMTP server is not kept."""
    row = await mails.find(desk.store, id)
    if row is None:
        raise Refused("There is no mail with this id; they are deleted after a week.")
    from api.gateways.mail.files import read

    message = read(desk.settings.data_dir, str(row["id"]))
    facts = {name: plain(value) for name, value in row.items()}
    if message is None:
        return Outcome(
            {**facts, "message": None},
            f"This mail is {row['state']} ({row['kind']} to {row['to_address']}). Its text is not in the data"
            " directory of this host.",
        )
    return Outcome({**facts, "message": message}, message)
