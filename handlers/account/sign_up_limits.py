"""How many accounts one origin may ask for: a kind of browser (its fingerprint) behind an address prefix.

Within a window the first so many need no captcha (none of them, unless the operator allows it), and after so
many nothing helps but waiting. Counted with the sign-up in one transaction: of any number at the same moment
no more are kept than are allowed, and one that fails counts for nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from handlers.account import captcha
from handlers.address_prefix import prefix
from handlers.errors import TooManyRequests
from handlers.policy import Policy
from handlers.ports import Ports
from persistence import attempts
from persistence.unit_of_work import UnitOfWork

_ORIGIN = "sign_up_origin"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A sign-up that may go on: what it will be counted as, and whether a captcha was solved for it."""

    subject: str
    solved: bool


async def admit(
    *,
    fingerprint: str,
    client_ip: str | None,
    token: str | None,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
) -> Admitted:
    """Look, without counting, whether its origin may ask for one more, and ask for a captcha if it must.

    It may take 5 s: before any transaction. Raises TooManyRequests, CaptchaRequired, CaptchaFailed,
    CaptchaUnavailable.
    """
    policy = ports.policy
    subject = hashlib.sha256(f"{prefix(client_ip)}\0{fingerprint}".encode()).hexdigest()
    seen, started = await attempts.current_attempts(
        store, kind=_ORIGIN, subject=subject, window_before=now - policy.sign_up_window
    )
    if started is not None and seen >= policy.sign_ups_per_origin:
        raise _too_many(started, policy, now)
    wanted = ports.captcha is not None and seen >= policy.sign_ups_before_captcha
    if wanted:
        await captcha.demand(ports.captcha, token=token, action="sign_up", client_ip=client_ip)
    return Admitted(subject, solved=wanted)


async def count(sign_up: Admitted, *, store: UnitOfWork, ports: Ports, now: datetime) -> None:
    """Count a sign-up that this unit of work is about to keep; until it ends, others of its origin wait.

    Raises TooManyRequests when it is one too many, which nothing is kept of, and CaptchaRequired when others
    came in between and it is no longer one of those that need none.
    """
    policy = ports.policy
    counted, started = await attempts.count_attempt(
        store, kind=_ORIGIN, subject=sign_up.subject, now=now, window_before=now - policy.sign_up_window
    )
    if counted > policy.sign_ups_per_origin:
        await store.rollback()
        raise _too_many(started, policy, now)
    if ports.captcha is not None and not sign_up.solved and counted > policy.sign_ups_before_captcha:
        raise captcha.CaptchaRequired


def _too_many(started: datetime, policy: Policy, now: datetime) -> TooManyRequests:
    return TooManyRequests.until_window_ends(
        started,
        window=policy.sign_up_window,
        now=now,
        message="Too many accounts were asked for from your network with your kind of browser."
        " Try again later, or ask whoever runs this server.",
    )
