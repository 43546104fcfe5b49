"""Signing up: what was typed waits for 24 hours, and becomes an account when somebody follows the link that
was mailed to its address.

Until then nobody's account is touched or looked at, so signing up with an address that has one is answered
the same, by the same statements; its owner is told by mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import display_name, secret
from handlers.account import asking_for_mail, fingerprint, links, sign_up_limits
from handlers.errors import ApiError
from handlers.ports import Ports
from handlers.user import creation, email_address, username
from handlers.user.creation import EmailTaken, NewUser, UsernameTaken
from persistence import mails, registrations, sign_ups
from persistence.sign_ups import NewSignUp
from persistence.unit_of_work import UnitOfWork

_RETRY_WHEN_FULL_S = 3600
_USER_AGENT_MOST = 512


class SignUpsFull(ApiError):
    """503 with `Retry-After`: as many sign-ups as may wait are waiting."""

    status = 503
    error = "sign_ups_full"
    message = "Too many sign-ups wait for their e-mail address to be verified. Try again later."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(_RETRY_WHEN_FULL_S)})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-up comes from, as far as its request says."""

    client_ip: str | None
    user_agent: str | None
    accept_language: str | None

    @property
    def fingerprint(self) -> str:
        """See `handlers.account.fingerprint`."""
        return fingerprint.coarse(user_agent=self.user_agent, accept_language=self.accept_language)


@dataclass(frozen=True, slots=True)
class Verified:
    """The account that a sign-up has become. `password_set` is False when its password could be another
    person's than the mailbox."""

    username: str
    password_set: bool


async def ask(
    body: Mapping[str, Any], *, origin: Origin, store: UnitOfWork, ports: Ports, now: datetime
) -> None:
    """Store a sign-up and have the link mailed.

    Raises UnusableEmail, UnusableUsername, UnusableName, UnusablePassword, PasswordsBusy, TooManyRequests,
    CaptchaRequired, CaptchaFailed, CaptchaUnavailable, UsernameTaken, SignUpsFull.
    """
    email = email_address.normal(body["email"])
    chosen = username.normal(body["username"])
    name = display_name.cleaned(body["name"])
    policy = ports.policy
    await asking_for_mail.refuse_floods(
        email=email, client_ip=origin.client_ip, store=store, policy=policy, now=now
    )
    admitted = await sign_up_limits.admit(
        fingerprint=origin.fingerprint,
        client_ip=origin.client_ip,
        token=body.get("captcha_token"),
        store=store,
        ports=ports,
        now=now,
    )
    password_hash = await ports.passwords.hashed(body["password"], about=(chosen, email, name))
    await asking_for_mail.count(email=email, client_ip=origin.client_ip, store=store, policy=policy, now=now)
    await sign_up_limits.count(admitted, store=store, ports=ports, now=now)
    new = NewSignUp(
        id=ports.randomness.id(now),
        username=chosen,
        email=email,
        name=name,
        password_hash=password_hash,
        ip=origin.client_ip,
        user_agent=origin.user_agent[:_USER_AGENT_MOST] if origin.user_agent else None,
        fingerprint=origin.fingerprint,
    )
    outcome = await sign_ups.store_sign_up(
        store, new, cap=policy.sign_up_cap, now=now, expires_at=now + links.SIGN_UP_LIFE
    )
    if outcome == "full":
        raise SignUpsFull
    if outcome == "username_taken":
        raise UsernameTaken
    mails.queue_mail(
        store, id=ports.randomness.id(now), kind="verify_email", to=email, subject_id=new.id, now=now
    )


async def verify(token: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> Verified:
    """Make the account that the link was mailed for, with a workspace of its own; once.

    When several people have signed up with this address, nobody knows which of the passwords its owner has
    typed, so none is taken over: the owner sets one through a password reset. Otherwise whoever signs up with
    a stranger's address could wait for the stranger to follow the wrong link, and share the account.

    Raises LinkUnusable, also when the address has become an account's meanwhile, and UsernameTaken.
    """
    row = await sign_ups.take(store, token_hash=links.digest(token, secret.VERIFY_EMAIL), now=now)
    if row is None:
        raise links.LinkUnusable
    alone = not await sign_ups.forget_address(store, email=row["email"])
    new = NewUser(
        email=row["email"],
        username=row["username"],
        name=row["name"],
        password_hash=row["password_hash"] if alone else None,
        verified=True,
    )
    try:
        user_id = await creation.create(new, store=store, randomness=ports.randomness, now=now)
    except EmailTaken:
        raise links.LinkUnusable from None
    registrations.keep(
        store,
        id=row["id"],
        user_id=user_id,
        ip=row["ip"],
        user_agent=row["user_agent"],
        fingerprint=row["fingerprint"],
        at=row["created_at"],
    )
    return Verified(row["username"], password_set=alone)
