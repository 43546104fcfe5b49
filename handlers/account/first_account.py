"""The first account, which whoever starts the server makes through a link that the start prints.

It is there for an operator in front of an empty cloud without mail: the link proves access to the host, so no
address is verified by mail. It works once, for a day, and only while there is no account at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import display_name, secret
from handlers.account import links
from handlers.ports import Ports, Randomness
from handlers.user import creation, email_address, username
from handlers.user.creation import NewUser
from persistence import account_tokens
from persistence.unit_of_work import UnitOfWork


async def offer(*, public_url: str, store: UnitOfWork, randomness: Randomness, now: datetime) -> str | None:
    """A new link, after which none before it works; None when there is an account already."""
    token = randomness.secret(secret.FIRST_ACCOUNT)
    offered = await account_tokens.offer_first_account(
        store, token_hash=secret.digest(token), now=now, expires_at=now + links.FIRST_ACCOUNT_LIFE
    )
    return f"{public_url.rstrip('/')}{links.FIRST_ACCOUNT_PAGE}#token={token}" if offered else None


async def create(body: Mapping[str, Any], *, store: UnitOfWork, ports: Ports, now: datetime) -> str:
    """Make the account, its address taken as verified; its id.

    Raises LinkUnusable, UnusableEmail, UnusableUsername, UnusableName, UnusablePassword, PasswordsBusy.
    """
    token_hash = links.digest(body["token"], secret.FIRST_ACCOUNT)
    if not await account_tokens.first_account_stands(store, token_hash=token_hash, now=now):
        raise links.LinkUnusable
    email = email_address.normal(body["email"])
    chosen = username.normal(body["username"])
    name = display_name.cleaned(body["name"])
    password_hash = await ports.passwords.hashed(body["password"], about=(chosen, email, name))
    if not await account_tokens.take_first_account(store, token_hash=token_hash, now=now):
        raise links.LinkUnusable
    new = NewUser(email=email, username=chosen, name=name, password_hash=password_hash, verified=True)
    return await creation.create(new, store=store, randomness=ports.randomness, now=now)
