"""`user …`: accounts, made and looked after by the operator."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.outcome import Outcome
from handlers.user import creation
from handlers.user.password import MOST, UnusablePassword

app = group("Accounts.")


@store_command(app, "create")
async def create(
    desk: Desk,
    *,
    email: Annotated[str, typer.Option(metavar="E", help="E-mail address.")],
    username: Annotated[
        str, typer.Option(metavar="U", help="Letters a to z, digits, dots, dashes, underscores.")
    ],
    name: Annotated[str, typer.Option(metavar="N", help="The person's name.")],
    password: Annotated[
        str | None,
        typer.Option(
            metavar="P", help="12 to 128 characters. Others on this host may see it: prefer --password-stdin."
        ),
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password's line from standard input.")
    ] = False,
    verified: Annotated[
        bool, typer.Option("--verified", help="The e-mail address is known to be the person's.")
    ] = False,
) -> Outcome:
    """Create an account with a workspace of its own. Without a password nobody can sign in with one yet."""
    if password is not None and password_stdin:
        raise typer.BadParameter("Use --password or --password-stdin, not both.")
    new = creation.NewUser(
        email=email,
        username=username,
        name=name,
        password=_line_of_stdin() if password_stdin else password,
        verified=verified,
    )
    user_id = await creation.create(new, store=desk.store, randomness=desk.randomness, now=desk.now)
    return Outcome({"id": user_id}, f"Created the account {user_id}.")


def _line_of_stdin() -> str:
    line = sys.stdin.buffer.readline(8 * MOST)
    try:
        return line.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UnusablePassword from None
