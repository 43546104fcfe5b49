"""Mails that anybody may ask for, and how many: to one address, and from one address prefix.

Whoever can have mail sent to others can annoy them with it. Addresses with an account, with a sign-up and
with neither are counted alike, so a refusal tells nothing of them. An e-mail address is counted by its
digest: it may be nobody's.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from handlers.address_prefix import prefix
from handlers.errors import TooManyRequests
from handlers.policy import Policy
from handlers.ports import Ports
from handlers.user import email_address
from persistence import attempts, mails
from persistence.unit_of_work import UnitOfWork

_FROM: Final = "mail_from"
_TO: Final = "mail_to"


async def refuse_floods(
    *, email: str, client_ip: str | None, store: UnitOfWork, policy: Policy, now: datetime
) -> None:
    """Raise TooManyRequests for what is known to be too much, without counting: a flood writes nothing."""
    for kind, subject, most in _counters(email, client_ip, policy):
        count, started = await attempts.current_attempts(
            store, kind=kind, subject=subject, window_before=now - policy.account_mail_window
        )
        if started is not None and count >= most:
            raise _too_many(started, policy, now)


async def count(
    *, email: str, client_ip: str | None, store: UnitOfWork, policy: Policy, now: datetime
) -> None:
    """Count one mail that is about to be asked for. Raises TooManyRequests when it is one too many.

    Until the unit of work ends, others with the same counters wait.
    """
    for kind, subject, most in _counters(email, client_ip, policy):
        counted, started = await attempts.count_attempt(
            store, kind=kind, subject=subject, now=now, window_before=now - policy.account_mail_window
        )
        if counted > most:
            raise _too_many(started, policy, now)


async def mail(
    typed_email: str,
    kind: str,
    *,
    client_ip: str | None,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
) -> None:
    """Have a mail of this kind sent to whoever has this address. Whether there is anything to be said is
    looked at when it is sent, so nothing here depends on it. Raises UnusableEmail, TooManyRequests.
    """
    email = email_address.normal(typed_email)
    policy = ports.policy
    await refuse_floods(email=email, client_ip=client_ip, store=store, policy=policy, now=now)
    await count(email=email, client_ip=client_ip, store=store, policy=policy, now=now)
    nothing_yet = ports.randomness.id(now)
    mails.queue_mail(store, id=ports.randomness.id(now), kind=kind, to=email, subject_id=nothing_yet, now=now)


def _counters(email: str, client_ip: str | None, policy: Policy) -> tuple[tuple[str, str, int], ...]:
    """Kind, subject and limit, in the order in which everybody takes them."""
    return (
        (_FROM, prefix(client_ip), policy.account_mails_per_address),
        (_TO, hashlib.sha256(email.encode()).hexdigest(), policy.account_mails_per_email),
    )


def _too_many(started: datetime, policy: Policy, now: datetime) -> TooManyRequests:
    return TooManyRequests.until_window_ends(
        started,
        window=policy.account_mail_window,
        now=now,
        message="Too many mails were asked for. Look into your mailbox, or try again later.",
    )
