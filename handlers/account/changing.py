"""Changing an account: what its owner does while signed in, and what a mailed link does.

The password opens everything, so setting another one or another address asks for it. Its change ends what the
old one has opened: every other sign-in, and the links that were mailed before. People's sessions on instances
stay; they are ended where instances are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import display_name, secret
from handlers.account import asking_for_mail, cookies, current_password, links, notices
from handlers.caller import Caller
from handlers.errors import SignInInvalid
from handlers.ports import Ports
from handlers.user import email_address, username
from handlers.user.creation import UsernameTaken
from persistence import account_changes, account_tokens, accounts, mails, sign_ins, sign_ups
from persistence.unit_of_work import Record, UnitOfWork


async def update(
    body: Mapping[str, Any],
    *,
    caller: Caller,
    client_ip: str | None,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
) -> None:
    """Change what the body names. Another address is first mailed a link.

    Raises SignInInvalid, UnusableEmail, UnusableUsername, UnusableName, UnusablePassword,
    WrongCurrentPassword, TooManyRequests, PasswordsBusy, UsernameTaken.
    """
    user_id = caller.person
    account = await accounts.account(store, user_id=user_id)
    if account is None:
        raise SignInInvalid(cookies.SESSION)
    chosen = username.normal(body["username"]) if "username" in body else account["username"]
    name = display_name.cleaned(body["name"]) if "name" in body else account["name"]
    email = email_address.normal(body["email"]) if "email" in body else account["email"]
    if email != account["email"]:
        await asking_for_mail.refuse_floods(
            email=email, client_ip=client_ip, store=store, policy=ports.policy, now=now
        )
    if "current_password" in body:
        await current_password.prove(account, body["current_password"], store=store, ports=ports, now=now)
    password_hash = None
    if "password" in body:
        password_hash = await ports.passwords.hashed(body["password"], about=(chosen, email, name))
    if email != account["email"]:
        await asking_for_mail.count(
            email=email, client_ip=client_ip, store=store, policy=ports.policy, now=now
        )
    changed = await account_changes.change(
        store,
        user_id=user_id,
        username=chosen if chosen != account["username"] else None,
        name=name,
        password_hash=password_hash,
        was=account["password_hash"],
        now=now,
    )
    if changed == "username_taken":
        raise UsernameTaken
    if (
        changed == "overtaken"
    ):  # the password was changed elsewhere, or the account disabled: this sign-in has ended
        raise SignInInvalid(cookies.SESSION)
    if password_hash is not None:
        await sign_ins.end_all(store, user_id=user_id, but=caller.sign_in_id, now=now)
        await account_tokens.forget(store, user_id=user_id)
        _tell_of_password(account, store=store, ports=ports, now=now)
    if email != account["email"]:
        mails.queue_mail(
            store, id=ports.randomness.id(now), kind="email_change", to=email, subject_id=user_id, now=now
        )


async def reset_password(
    token: str, password: str, *, store: UnitOfWork, ports: Ports, now: datetime
) -> None:
    """Set a new password through a mailed link, once, and end every sign-in of the account.

    Raises LinkUnusable, UnusablePassword, PasswordsBusy.
    """
    token_hash = links.digest(token, secret.PASSWORD_RESET)
    owner = await account_tokens.owner(store, kind="password_reset", token_hash=token_hash, now=now)
    if owner is None:
        raise links.LinkUnusable
    about = (owner["username"], owner["email"], owner["name"])
    password_hash = await ports.passwords.hashed(password, about=about)
    account = await account_tokens.reset_password(
        store, token_hash=token_hash, password_hash=password_hash, now=now
    )
    if account is None:
        raise links.LinkUnusable
    await sign_ins.end_all(store, user_id=account["id"], but=None, now=now)
    await account_tokens.forget(store, user_id=account["id"])
    _tell_of_password(account, store=store, ports=ports, now=now)


async def confirm_email(token: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> str:
    """Give the account the address to which this link was mailed, once; the address. The one that it had is
    told.

    Raises LinkUnusable, also when the address has become another account's.
    """
    change = await account_tokens.change_email(
        store, token_hash=links.digest(token, secret.EMAIL_CHANGE), now=now
    )
    if change is None:
        raise links.LinkUnusable
    await account_tokens.forget(store, user_id=change.user_id)
    await sign_ups.forget_address(store, email=change.email)
    notices.tell(
        store,
        notices.EMAIL_CHANGED,
        to=change.was,
        user_id=change.user_id,
        randomness=ports.randomness,
        now=now,
    )
    return change.email


def _tell_of_password(account: Record, *, store: UnitOfWork, ports: Ports, now: datetime) -> None:
    notices.tell(
        store,
        notices.PASSWORD_CHANGED,
        to=account["email"],
        user_id=account["id"],
        randomness=ports.randomness,
        now=now,
    )
