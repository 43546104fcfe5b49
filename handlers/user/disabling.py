"""Disabling an account: from that moment on none of its credentials opens anything.

Its sessions end for good, so enabling the account later brings no sign-in back. Its personal access tokens
are refused while it is disabled and work again afterwards, unless they were revoked or have expired. Both
count in the generation of every workspace of the account: who may do what there has changed.
"""

from __future__ import annotations

from datetime import datetime

from handlers.errors import ApiError
from persistence import people
from persistence.unit_of_work import UnitOfWork


class AlreadyDisabled(ApiError):
    """409: the account is disabled."""

    status = 409
    error = "already_disabled"
    message = "This account is disabled already."


class NotDisabled(ApiError):
    """409: the account is not disabled."""

    status = 409
    error = "not_disabled"
    message = "This account is not disabled."


async def disable(user_id: str, *, store: UnitOfWork, now: datetime) -> int:
    """Disable the account; how many sessions ended with it. Raises AlreadyDisabled."""
    ended = await people.disable(store, user_id=user_id, now=now)
    if ended is None:
        raise AlreadyDisabled
    return ended


async def enable(user_id: str, *, store: UnitOfWork, now: datetime) -> None:
    """Let the account act again. Raises NotDisabled."""
    if not await people.enable(store, user_id=user_id, now=now):
        raise NotDisabled
