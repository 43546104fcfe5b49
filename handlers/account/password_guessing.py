"""Stopping the guessing of passwords, per name and address prefix, and per address prefix.

No more answers depend on a password than the limits allow: each is counted before it is decided what to
answer, also those that are asked at the same moment. Hashing is done before, because it takes time and a
counter is held from its count to the decision; who is over the limit already is refused before that. A right
password takes its counts back.

The counts of a name are those of one prefix, so that whoever guesses from elsewhere locks nobody out. A name
that nobody has counts like any other, and is kept as a digest: people type all sorts of things into that
field.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from handlers.address_prefix import prefix
from handlers.errors import TooManyRequests
from handlers.policy import Policy
from persistence import attempts
from persistence.unit_of_work import UnitOfWork

_NAME = "sign_in_name"
_ADDRESS = "sign_in_address"


@dataclass(frozen=True, slots=True)
class Guess:
    """Somebody at an address says that a name is theirs."""

    name: str
    client_ip: str | None

    def counted_as(self, policy: Policy) -> tuple[tuple[str, str, int], ...]:
        """Kind, subject and limit of its counters, in the order in which everybody takes them."""
        origin = prefix(self.client_ip)
        named = hashlib.sha256(f"{origin}\0{self.name}".encode()).hexdigest()
        return (
            (_ADDRESS, origin, policy.sign_in_attempts_per_address),
            (_NAME, named, policy.sign_in_attempts),
        )


async def refuse_guessers(guess: Guess, *, store: UnitOfWork, policy: Policy, now: datetime) -> None:
    """Raise TooManyRequests when this name from this prefix, or the prefix, has been wrong too often."""
    for kind, subject, limit in guess.counted_as(policy):
        count, started = await attempts.current_attempts(
            store, kind=kind, subject=subject, window_before=now - policy.sign_in_window
        )
        if started is not None and count >= limit:
            raise _too_many(started, policy, now)


async def count(guess: Guess, *, store: UnitOfWork, policy: Policy, now: datetime) -> None:
    """Count a guess that nobody has judged. Until the unit of work ends, others with its counters wait.

    Raises TooManyRequests when it is one too many to be judged. To be rolled back if it was right.
    """
    for kind, subject, limit in guess.counted_as(policy):
        counted, started = await attempts.count_attempt(
            store, kind=kind, subject=subject, now=now, window_before=now - policy.sign_in_window
        )
        if counted > limit:
            raise _too_many(started, policy, now)


def _too_many(started: datetime, policy: Policy, now: datetime) -> TooManyRequests:
    return TooManyRequests.until_window_ends(
        started,
        window=policy.sign_in_window,
        now=now,
        message="Too many wrong passwords. Try again later.",
    )
