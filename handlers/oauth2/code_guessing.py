"""Stopping the guessing of user codes, per account and per address prefix.

Ten wrong codes within the window block the account. Ten wrong codes from one address prefix make every
further wrong one a 429, and block the accounts behind it that have guessed wrong three times; whoever types
the right code there still gets through, so that one guesser does not lock out an office. A right code
resets nothing.
"""

from __future__ import annotations

import math
from datetime import datetime

from handlers.address_prefix import prefix
from handlers.errors import ApiError, OAuthTooManyRequests, UserCodeUnusable
from handlers.policy import Policy
from persistence import attempts
from persistence.unit_of_work import UnitOfWork

_ACCOUNT = "user_code_account"
_ADDRESS = "user_code_address"
_SLIPS_BEHIND_A_BLOCKED_ADDRESS = 3


async def refuse_guessers(
    *,
    store: UnitOfWork,
    policy: Policy,
    user_id: str,
    client_ip: str | None,
    now: datetime,
) -> None:
    """Raise OAuthTooManyRequests when this account, or its address prefix, has guessed too often."""
    before = now - policy.user_code_window
    own, started = await attempts.current_attempts(
        store, kind=_ACCOUNT, subject=user_id, window_before=before
    )
    if started is None:
        return
    if own >= policy.user_code_attempts:
        raise _too_many(started, policy, now)
    if own < _SLIPS_BEHIND_A_BLOCKED_ADDRESS:
        return
    shared, shared_started = await attempts.current_attempts(
        store, kind=_ADDRESS, subject=prefix(client_ip), window_before=before
    )
    if shared >= policy.user_code_attempts and shared_started is not None:
        raise _too_many(shared_started, policy, now)


async def wrong_code(
    *,
    store: UnitOfWork,
    policy: Policy,
    user_id: str,
    client_ip: str | None,
    now: datetime,
) -> ApiError:
    """Count a wrong code; the error to raise. Parallel guesses beyond the limit are refused by the count
    itself.
    """
    before = now - policy.user_code_window
    shared, shared_started = await attempts.count_attempt(
        store, kind=_ADDRESS, subject=prefix(client_ip), now=now, window_before=before
    )
    own, started = await attempts.count_attempt(
        store, kind=_ACCOUNT, subject=user_id, now=now, window_before=before
    )
    if own > policy.user_code_attempts:
        return _too_many(started, policy, now)
    if shared > policy.user_code_attempts:
        return _too_many(shared_started, policy, now)
    return UserCodeUnusable()


def _too_many(started: datetime, policy: Policy, now: datetime) -> OAuthTooManyRequests:
    wait = (started + policy.user_code_window - now).total_seconds()
    return OAuthTooManyRequests(math.ceil(wait), "Too many wrong codes. Try again later.")
