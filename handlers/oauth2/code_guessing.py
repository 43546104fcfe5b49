"""Stopping the guessing of user codes, per account and per address prefix.

A guess is counted before anybody looks whether it is right, and both counters are held until it is decided:
however many are sent at the same moment, no more are looked at than the limit allows. A right one takes its
count back.

Ten wrong codes within the window block the account. Ten wrong codes from one address prefix make every
further wrong one a 429, and block the accounts behind it that have guessed wrong three times; whoever types
the right code there still gets through, so that one guesser does not lock out an office. A right code
resets nothing.
"""

from __future__ import annotations

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


async def counted_guess(
    *,
    store: UnitOfWork,
    policy: Policy,
    user_id: str,
    client_ip: str | None,
    now: datetime,
) -> ApiError:
    """Count a guess that nobody has looked at; the error to raise should it be wrong.

    Raises OAuthTooManyRequests when it is one too many to be looked at. Until the unit of work ends, further
    guesses of the account and from the prefix wait. A right one is rolled back.
    """
    before = now - policy.user_code_window
    shared, shared_started = await attempts.count_attempt(
        store, kind=_ADDRESS, subject=prefix(client_ip), now=now, window_before=before
    )
    own, started = await attempts.count_attempt(
        store, kind=_ACCOUNT, subject=user_id, now=now, window_before=before
    )
    if own > policy.user_code_attempts:
        raise _too_many(started, policy, now)
    if shared <= policy.user_code_attempts:
        return UserCodeUnusable()
    refusal = _too_many(shared_started, policy, now)
    if own > _SLIPS_BEHIND_A_BLOCKED_ADDRESS:
        raise refusal
    return refusal


def _too_many(started: datetime, policy: Policy, now: datetime) -> OAuthTooManyRequests:
    return OAuthTooManyRequests.until_window_ends(
        started, window=policy.user_code_window, now=now, message="Too many wrong codes. Try again later."
    )
