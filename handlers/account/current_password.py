"""What may only be changed by somebody who knows the password: a browser that was left open is not enough.

Wrong ones are counted by account. The count is looked at before the password is, because verifying waits in
a line and nothing should be locked meanwhile: so at most as many more can be tried at once as fit into that
line.
"""

from __future__ import annotations

from datetime import datetime

from handlers.caller import Caller
from handlers.errors import ApiError, SignInInvalid, TooManyRequests
from handlers.ports import Ports
from persistence import accounts, attempts
from persistence.unit_of_work import Record, UnitOfWork

_KIND = "current_password"
_TOO_MANY = "Too many wrong passwords. Try again later."


class WrongCurrentPassword(ApiError):
    """403: the password is not the account's. The attempt counts."""

    status = 403
    error = "wrong_password"
    message = "This is not your password."
    keep = True


async def confirmed(caller: Caller, typed: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> Record:
    """The account of whoever is signed in and has just typed its password.

    Call it before the first write. Raises WrongCurrentPassword, TooManyRequests.
    """
    user_id, window = caller.user_id or "", ports.policy.account_window
    before = now - window
    account = await accounts.account(store, user_id=user_id)
    if account is None:
        raise SignInInvalid("candor_session")
    count, started = await attempts.current_attempts(store, kind=_KIND, subject=user_id, window_before=before)
    if count >= ports.policy.account_attempts and started is not None:
        raise TooManyRequests.until_window_ends(started, window=window, now=now, message=_TOO_MANY)
    verdict = await ports.passwords.verify(typed, account["password_hash"])
    if not verdict.matches:
        await attempts.count_attempt(store, kind=_KIND, subject=user_id, now=now, window_before=before)
        raise WrongCurrentPassword
    return account
