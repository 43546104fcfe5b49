"""How a person comes to have an account: with a workspace of their own, on the plan that everyone starts
with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers import display_name
from handlers.errors import ApiError
from handlers.ports import Randomness
from handlers.user import email_address, username
from persistence import account_names, accounts, plans
from persistence.unit_of_work import UnitOfWork

_OF_WORKSPACE = "'s workspace"


class EmailTaken(ApiError):
    """409: another account has this address."""

    status = 409
    error = "email_taken"
    message = "This e-mail address already belongs to an account."


class UsernameTaken(ApiError):
    """409: another account has this username."""

    status = 409
    error = "username_taken"
    message = "This username is taken."


@dataclass(frozen=True, slots=True)
class NewUser:
    """What is asked of a new account, as it was typed, but the password hashed. Without one nobody can sign
    in with a password.
    """

    email: str
    username: str
    name: str
    password_hash: str | None
    verified: bool


async def create(new: NewUser, *, store: UnitOfWork, randomness: Randomness, now: datetime) -> str:
    """Store the account and its personal workspace; the account's id.

    `verified` says that somebody has made sure of the e-mail address. Raises UnusableEmail,
    UnusableUsername, UnusableName, EmailTaken, UsernameTaken.
    """
    email = email_address.normal(new.email)
    chosen = username.normal(new.username)
    name = display_name.cleaned(new.name)
    user_id = randomness.id(now)
    await account_names.hold(store)
    stored = await accounts.create_account(
        store,
        id=user_id,
        username=chosen,
        email=email,
        name=name,
        password_hash=new.password_hash,
        plan=plans.FIRST,
        email_verified_at=now if new.verified else None,
        now=now,
    )
    if not stored:
        raise EmailTaken if await accounts.account_id(store, name=email) is not None else UsernameTaken
    await accounts.create_workspace(
        store, id=randomness.id(now), name=_workspace_name(name), owner_id=user_id, now=now
    )
    return user_id


def _workspace_name(name: str) -> str:
    return name[: display_name.MOST - len(_OF_WORKSPACE)] + _OF_WORKSPACE
