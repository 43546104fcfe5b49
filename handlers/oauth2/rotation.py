"""Refresh token rotation (BCP 9700 section 4.14): one successor per token, the same one for retries, and
the end of the family for replays.

The successor's secrets are stored sealed (AES-256-GCM) under a key made from the used token itself, so that
a retry within the grace window can be given the very same answer while the database alone reveals nothing.
A token that is replayed (`successor.again` says when) is held by two parties, and its family is revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import secret, successor
from handlers.errors import InvalidGrant, ReplayedGrant
from handlers.ports import Ports
from persistence import tokens
from persistence.unit_of_work import Record, UnitOfWork


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a session gets: access token with its end, the refresh token if there is one, and the scopes."""

    access_token: str
    access_expires_at: datetime
    refresh_token: str | None
    scopes: tuple[str, ...]


async def rotate(
    *, refresh_token: str, instance_id: str, store: UnitOfWork, ports: Ports, now: datetime
) -> TokenPair:
    """The successor of a refresh token. Raises InvalidGrant, and ReplayedGrant after revoking a replayed
    family.
    """
    if not secret.well_formed(refresh_token, secret.REFRESH_TOKEN):
        raise InvalidGrant
    token_hash = secret.digest(refresh_token)
    row = await tokens.refresh_token(store, token_hash=token_hash, instance_id=instance_id)
    if row is None or row["revoked_at"] is not None:
        raise InvalidGrant
    if row["consumed_at"] is None:
        if row["expires_at"] <= now:
            raise InvalidGrant
        issued = await _issue(refresh_token, row, instance_id=instance_id, store=store, ports=ports, now=now)
        if issued is not None:
            return issued
        await store.rollback()  # another call was first: see what it left
        row = await tokens.refresh_token(store, token_hash=token_hash, instance_id=instance_id)
        if row is None or row["revoked_at"] is not None or row["consumed_at"] is None:
            raise InvalidGrant
    return await _repeat(refresh_token, row, store=store, ports=ports, now=now)


async def _issue(
    refresh_token: str, row: Record, *, instance_id: str, store: UnitOfWork, ports: Ports, now: datetime
) -> TokenPair | None:
    issued = TokenPair(
        access_token=ports.randomness.secret(secret.ACCESS_TOKEN),
        access_expires_at=now + ports.policy.access_token_life,
        refresh_token=ports.randomness.secret(secret.REFRESH_TOKEN),
        scopes=tuple(row["scopes"]),
    )
    assert issued.refresh_token is not None
    rotated = await tokens.rotate(
        store,
        token_hash=secret.digest(refresh_token),
        session_id=row["session_id"],
        instance_id=instance_id,
        access_hash=secret.digest(issued.access_token),
        refresh_hash=secret.digest(issued.refresh_token),
        successor_sealed=seal(issued, under=refresh_token),
        now=now,
        access_expires_at=issued.access_expires_at,
        refresh_expires_at=now + ports.policy.refresh_token_life,
    )
    return issued if rotated else None


async def _repeat(
    refresh_token: str, row: Record, *, store: UnitOfWork, ports: Ports, now: datetime
) -> TokenPair:
    same = successor.again(row, presented=refresh_token, grace=ports.policy.refresh_grace, now=now)
    if same is not None:
        return _pair(same)
    tokens.revoke_session(store, session_id=row["session_id"], now=now)
    raise ReplayedGrant


def seal(pair: TokenPair, *, under: str) -> bytes:
    """The pair, readable only with the refresh token that it succeeds."""
    return successor.seal(
        [pair.access_token, pair.access_expires_at.isoformat(), pair.refresh_token, pair.scopes], under=under
    )


def unseal(sealed: bytes, *, under: str) -> TokenPair:
    """The pair that `seal` was given. Raises cryptography's InvalidTag for any other token."""
    return _pair(successor.unseal(sealed, under=under))


def _pair(sealed: Any) -> TokenPair:
    access_token, expires_at, refresh_token, scopes = sealed
    return TokenPair(access_token, datetime.fromisoformat(expires_at), refresh_token, tuple(scopes))
