"""Personal access tokens: a person's credential for scripts, shown once, with an end or without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from handlers import display_name, secret
from handlers.errors import ApiError, NotFound
from handlers.ports import Randomness
from persistence import access_tokens
from persistence.unit_of_work import UnitOfWork

MOST: Final = 100
"""Tokens of one account that open something, of those that people make for themselves."""


class UnknownToken(NotFound):
    """404: no personal access token has this id."""

    error = "unknown_token"
    message = "No personal access token has this id."


class TooManyTokens(ApiError):
    """409: the account has as many tokens as it may have."""

    status = 409
    error = "too_many_tokens"
    message = f"An account has {MOST} personal access tokens at most. Revoke one that is no longer needed."


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `token` is the secret, which is nowhere else."""

    id: str
    name: str
    token: str
    expires_at: datetime | None


async def create(
    *,
    user_id: str,
    name: str,
    expires_in: timedelta | None,
    prefix: str,
    at_most: int | None = None,
    store: UnitOfWork,
    randomness: Randomness,
    now: datetime,
) -> NewToken:
    """Store a token of the account by its digest; without `expires_in` it lasts until it is revoked. With
    `at_most`, so many of the account may open something at a time. Raises UnusableName, TooManyTokens.
    """
    new = NewToken(
        id=randomness.id(now),
        name=display_name.cleaned(name),
        token=randomness.secret(prefix),
        expires_at=now + expires_in if expires_in is not None else None,
    )
    made = await access_tokens.create(
        store,
        token_hash=secret.digest(new.token),
        id=new.id,
        user_id=user_id,
        name=new.name,
        expires_at=new.expires_at,
        at_most=at_most,
        now=now,
    )
    if not made:
        raise TooManyTokens
    return new


async def revoke(id: str, *, user_id: str | None = None, store: UnitOfWork, now: datetime) -> None:
    """End a token, of that account or of any; ending it again changes nothing. Raises UnknownToken."""
    if not await access_tokens.revoke(store, id=id, user_id=user_id, now=now):
        raise UnknownToken
