"""How many accounts one origin may ask for: a browser of this kind behind this address prefix.

Within a window the first so many need no captcha (none of them, unless the operator allows it), and after so
many nothing helps but waiting. Counted with the sign-up in one transaction, so that of any number at the same
moment no more are kept than are allowed, and one that fails counts for nothing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from handlers.account.captcha import CaptchaRequired, demand
from handlers.address_prefix import prefix
from handlers.errors import TooManyRequests
from handlers.policy import Policy
from handlers.ports import Captcha
from persistence import attempts
from persistence.unit_of_work import UnitOfWork

_ORIGIN = "sign_up_origin"


class Origin:
    """Where a sign-up comes from, as far as it is counted."""

    __slots__ = ("subject",)

    def __init__(self, *, fingerprint: str, client_ip: str | None) -> None:
        """Counters have a subject of 64 characters: a digest of both."""
        self.subject = hashlib.sha256(f"{prefix(client_ip)}\0{fingerprint}".encode()).hexdigest()


async def admit(
    origin: Origin,
    *,
    token: str | None,
    client_ip: str | None,
    captcha: Captcha | None,
    store: UnitOfWork,
    policy: Policy,
    now: datetime,
) -> bool:
    """Whether a captcha was solved for this sign-up. It may take 5 s: before any transaction.

    Raises TooManyRequests, CaptchaRequired, CaptchaFailed, CaptchaUnavailable.
    """
    count, started = await attempts.current_attempts(
        store, kind=_ORIGIN, subject=origin.subject, window_before=now - policy.sign_up_window
    )
    if started is not None and count >= policy.sign_ups_per_origin:
        raise _too_many(started, policy, now)
    if captcha is None or count < policy.sign_ups_before_captcha:
        return False
    await demand(captcha, token=token, action="sign_up", client_ip=client_ip)
    return True


async def count(
    origin: Origin,
    *,
    solved: bool,
    captcha: Captcha | None,
    store: UnitOfWork,
    policy: Policy,
    now: datetime,
) -> None:
    """Count the sign-up that this unit of work is about to keep.

    Raises TooManyRequests when it is one too many, and CaptchaRequired when others came in between and it is
    no longer one of those that need none.
    """
    counted, started = await attempts.count_attempt(
        store, kind=_ORIGIN, subject=origin.subject, now=now, window_before=now - policy.sign_up_window
    )
    if counted > policy.sign_ups_per_origin:
        await store.rollback()  # nothing is kept of what is refused
        raise _too_many(started, policy, now)
    if captcha is not None and not solved and counted > policy.sign_ups_before_captcha:
        raise CaptchaRequired


def _too_many(started: datetime, policy: Policy, now: datetime) -> TooManyRequests:
    return TooManyRequests.until_window_ends(
        started,
        window=policy.sign_up_window,
        now=now,
        message="Too many accounts were asked for from your network with this kind of browser."
        " Try again later, or ask whoever runs this server.",
    )
