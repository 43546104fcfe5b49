"""What the operator gives: credits that were paid for elsewhere, or as a present."""

from __future__ import annotations

from datetime import datetime

from handlers.errors import ApiError
from handlers.ports import Randomness
from handlers.user.finding import UnknownUser
from persistence.credits import granting
from persistence.credits.granting import Grant, NoAccount
from persistence.unit_of_work import UnitOfWork

MOST = 1_000_000_000_000
"""In one grant."""


class OverAlready(ApiError):
    """400: the moment at which they would expire is past."""

    error = "over_already"
    message = "That is past: credits expire in the future, or not at all."


class KeyUsed(ApiError):
    """409: another grant has this key."""

    status = 409
    error = "key_used"
    message = "This key was used for another grant."


async def grant(
    grant: Grant, *, key: str | None, store: UnitOfWork, randomness: Randomness, now: datetime
) -> bool:
    """Give it, once for each key; False when that was done before.

    Raises UnknownUser, OverAlready, and KeyUsed when the key is that of a different grant.
    """
    if grant.expires_at is not None and grant.expires_at <= now:
        raise OverAlready
    try:
        earlier = await granting.grant(store, grant=grant, key=key, now=now, randomness=randomness)
    except NoAccount:
        raise UnknownUser from None
    if earlier is not None and earlier != grant:
        raise KeyUsed
    return earlier is None
