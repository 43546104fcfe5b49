"""Personal access tokens: a person's credential for scripts, shown once, with an end or without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import display_name, secret
from handlers.errors import NotFound
from handlers.ports import Randomness
from persistence import access_tokens, accounts
from persistence.unit_of_work import UnitOfWork


class UnknownToken(NotFound):
    """404: no personal access token has this id."""

    error = "unknown_token"
    message = "No personal access token has this id."


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `token` is the secret, which is nowhere else."""

    id: str
    token: str
    expires_at: datetime | None


async def create(
    *,
    user_id: str,
    name: str,
    expires_in: timedelta | None,
    prefix: str,
    store: UnitOfWork,
    randomness: Randomness,
    now: datetime,
) -> NewToken:
    """Store a token of the account by its digest; without `expires_in` it lasts until it is revoked. Raises
    UnusableName.
    """
    new = NewToken(
        id=randomness.id(now),
        token=randomness.secret(prefix),
        expires_at=now + expires_in if expires_in is not None else None,
    )
    await accounts.create_personal_access_token(
        store,
        token_hash=secret.digest(new.token),
        id=new.id,
        user_id=user_id,
        name=display_name.cleaned(name),
        expires_at=new.expires_at,
        now=now,
    )
    return new


async def revoke(id: str, *, store: UnitOfWork, now: datetime) -> None:
    """End a token; ending it again changes nothing. Raises UnknownToken."""
    if not await access_tokens.revoke(store, id=id, now=now):
        raise UnknownToken
