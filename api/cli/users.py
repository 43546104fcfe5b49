"""`user …`: accounts, made and looked after by the operator."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.failures import Refused
from api.cli.listing import After, Limit, listed
from api.cli.outcome import Outcome
from handlers.account import notices
from handlers.user import creation, disabling, finding
from handlers.user.password import MOST, UnusablePassword
from persistence import accounts, deletion, duplicates, people, second_factors

app = group("Accounts.")


class _Reason(Enum):
    """Why an operator deletes an account."""

    UNDERAGE = "underage"
    ABUSE = "abuse"
    REQUESTED = "requested"


_User = Annotated[str, typer.Option(metavar="E", help="E-mail address, username or id.")]


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
    typed = _line_of_stdin() if password_stdin else password
    new = creation.NewUser(
        email=email,
        username=username,
        name=name,
        password_hash=_hashed(typed, about=(email, username, name)) if typed is not None else None,
        verified=verified,
    )
    user_id = await creation.create(new, store=desk.store, randomness=desk.randomness, now=desk.now)
    return Outcome({"id": user_id}, f"Created the account {user_id}.")


@store_command(app, "list")
async def list_users(desk: Desk, *, limit: Limit = 100, after: After = "") -> Outcome:
    """List accounts, the oldest first."""
    rows = await people.page(desk.store, after=after, at_most=limit, now=desk.now)
    columns = ("id", "username", "email", "name", "plan", "disabled_at")
    return listed([dict(row) for row in rows], name="users", columns=columns, limit=limit)


@store_command(app, "duplicates")
async def list_duplicates(desk: Desk, *, limit: Limit = 100) -> Outcome:
    """List accounts that were signed up for with the same kind of browser from the same address prefix."""
    rows = await duplicates.duplicates(desk.store, at_most=limit)
    columns = ("prefix", "fingerprint", "registered_at", "username", "email", "disabled_at")
    return listed([dict(row) for row in rows], name="duplicates", columns=columns)


@store_command(app, "disable")
async def disable(desk: Desk, *, user: _User) -> Outcome:
    """Disable an account: its sessions end at once, its tokens open nothing until it is enabled."""
    user_id = await finding.user_id(user, store=desk.store)
    ended = await disabling.disable(user_id, store=desk.store, now=desk.now)
    return Outcome(
        {"id": user_id, "disabled": True, "sessions_ended": ended},
        f"Disabled the account {user_id}; sessions ended: {ended}.",
    )


@store_command(app, "enable")
async def enable(desk: Desk, *, user: _User) -> Outcome:
    """Enable a disabled account. Sessions that ended stay ended."""
    user_id = await finding.user_id(user, store=desk.store)
    await disabling.enable(user_id, store=desk.store, now=desk.now)
    return Outcome({"id": user_id, "disabled": False}, f"Enabled the account {user_id}.")


def _hashed(password: str, *, about: tuple[str, ...]) -> str:
    from api.gateways.passwords.hashing import hashed  # no other command needs it

    return hashed(password, about=about)


@store_command(app, "delete")
async def delete(
    desk: Desk,
    *,
    user: _User,
    reason: Annotated[_Reason, typer.Option(help="Said again in the answer, and kept nowhere.")],
) -> Outcome:
    """Delete an account for good, with the workspaces that it owns and the instances in them."""
    user_id = await finding.user_id(user, store=desk.store)
    gone = await deletion.delete_account(desk.store, user_id=user_id, now=desk.now)
    if gone is None:
        raise finding.UnknownUser
    return Outcome(
        {
            "id": user_id,
            "deleted": True,
            "reason": reason.value,
            "workspaces": gone.workspaces,
            "instances": gone.instances,
        },
        f"Deleted the account {user_id} ({reason.value}); workspaces: {gone.workspaces},"
        f" instances: {gone.instances}.",
    )


@store_command(app, "reset-second-factor")
async def reset_second_factor(desk: Desk, *, user: _User) -> Outcome:
    """Remove authenticator app, passkeys and recovery codes of somebody who has lost them. Make sure who
    asks: from then on the password alone signs in.
    """
    user_id = await finding.user_id(user, store=desk.store)
    gone = await second_factors.reset(desk.store, user_id=user_id)
    if not gone["totp"] and not gone["passkeys"]:
        raise Refused("This account has no second factor.")
    account = await accounts.account(desk.store, user_id=user_id)
    assert account is not None
    notices.tell(
        desk.store,
        notices.SECOND_FACTOR_RESET,
        to=account["email"],
        user_id=user_id,
        randomness=desk.randomness,
        now=desk.now,
    )
    return Outcome(
        {"id": user_id, "totp": bool(gone["totp"]), "passkeys": gone["passkeys"]},
        f"Removed the second factors of the account {user_id}; passkeys among them: {gone['passkeys']}.",
    )


def _line_of_stdin() -> str:
    line = sys.stdin.buffer.readline(8 * MOST)
    try:
        return line.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UnusablePassword from None
