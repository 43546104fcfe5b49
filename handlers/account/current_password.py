"""What may only be changed by somebody who knows the password: a browser that was left open is not enough."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from handlers.account import cookies
from handlers.caller import Caller
from handlers.errors import ApiError, SignInInvalid, TooManyRequests
from handlers.policy import Policy
from handlers.ports import Ports
from persistence import accounts, attempts
from persistence.unit_of_work import Record, UnitOfWork

_KIND: Final = "current_password"


class WrongCurrentPassword(ApiError):
    """403: whoever is signed in does not know the password. It counts."""

    status = 403
    error = "wrong_current_password"
    message = "This is not your password."
    keep = True


async def confirmed(caller: Caller, typed: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> Record:
    """The account of whoever is signed in and has just typed its password.

    Raises SignInInvalid, and what `prove` does.
    """
    account = await accounts.account(store, user_id=caller.person)
    if account is None:
        raise SignInInvalid(cookies.SESSION)
    await prove(account, typed, store=store, ports=ports, now=now)
    return account


async def prove(account: Record, typed: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> None:
    """Return when the password is the account's. Call it before the first write: it waits in a line.

    Of any number of guesses, at the same moment too, no more are told their verdict than are allowed: each is
    counted before that. A right one is not kept. Raises WrongCurrentPassword, TooManyRequests, PasswordsBusy.
    """
    policy = ports.policy
    before = now - policy.account_window
    count, started = await attempts.current_attempts(
        store, kind=_KIND, subject=account["id"], window_before=before
    )
    if started is not None and count >= policy.account_attempts:
        raise _too_many(started, policy, now)
    verdict = await ports.passwords.verify(typed, account["password_hash"])
    count, started = await attempts.count_attempt(
        store, kind=_KIND, subject=account["id"], now=now, window_before=before
    )
    if count > policy.account_attempts:
        raise _too_many(started, policy, now)
    if not verdict.matches:
        raise WrongCurrentPassword
    await store.rollback()


def _too_many(started: datetime, policy: Policy, now: datetime) -> TooManyRequests:
    return TooManyRequests.until_window_ends(
        started, window=policy.account_window, now=now, message="Too many wrong passwords. Try again later."
    )
