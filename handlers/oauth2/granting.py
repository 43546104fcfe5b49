"""The token endpoint's grants, one function each: who may have tokens, and which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypedDict

from handlers import secret
from handlers.errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    ReplayedGrant,
    SlowDown,
    StaleDate,
    UnauthorizedClient,
)
from handlers.oauth2 import scopes
from handlers.oauth2.clients import Client
from handlers.oauth2.rotation import TokenPair, rotate
from handlers.ports import Ports
from persistence import authorization, device_grants, tokens
from persistence.unit_of_work import Record, UnitOfWork

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")  # RFC 7636 section 4.1
_CLOCK_TOLERANCE = timedelta(minutes=5)
# RFC 8628 section 3.5 has the client wait 5 s longer after each slow_down. The server insists on the first
# 5 s only: a client that counted fewer answers than it was sent still recovers.
_PENALTY = timedelta(seconds=5)


def refuse_stale_date(date: str | None, now: datetime) -> None:
    """Raise StaleDate when a Date header (RFC 9110 section 6.6.1) is more than 5 minutes from `now`;
    unreadable ones are ignored.
    """
    if date is None:
        return
    try:
        stated = parsedate_to_datetime(date)
        if abs(stated - now) > _CLOCK_TOLERANCE:
            raise StaleDate
    except (ValueError, TypeError, OverflowError):
        return


async def client_credentials(
    *, client: Client, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime
) -> TokenPair:
    """A token for the instance itself, with scope `instance` whatever it registered for people (RFC 6749
    section 4.4).
    """
    asked = scopes.parse(body.get("scope") or scopes.INSTANCE)
    if asked != (scopes.INSTANCE,):
        raise InvalidScope("An instance's own token carries the scope `instance` and no other.")
    pair = TokenPair(
        access_token=ports.randomness.secret(secret.ACCESS_TOKEN),
        access_expires_at=now + ports.policy.instance_token_life,
        refresh_token=None,
        scopes=asked,
    )
    tokens.issue_instance_token(
        store,
        token_hash=secret.digest(pair.access_token),
        instance_id=client.id,
        scopes=pair.scopes,
        now=now,
        expires_at=pair.access_expires_at,
        otherwise=InvalidClient,
    )
    return pair


async def device_code(
    *, client: Client, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime
) -> TokenPair:
    """A person's tokens for an approved device code, exactly once (RFC 8628 section 3.4)."""
    if not secret.well_formed(body["device_code"], secret.DEVICE_CODE):
        raise InvalidGrant
    code_hash = secret.digest(body["device_code"])
    grant = await device_grants.grant_of_client(store, device_code_hash=code_hash, instance_id=client.id)
    if grant is None or grant["state"] == "redeemed":
        raise InvalidGrant
    if grant["state"] == "denied":
        raise AccessDenied
    if grant["expires_at"] <= now:
        raise ExpiredToken
    if grant["state"] == "pending":
        longest = ports.policy.device_interval + _PENALTY
        early = await device_grants.poll_was_early(
            store, device_code_hash=code_hash, longest_interval_s=int(longest.total_seconds()), now=now
        )
        raise SlowDown if early else AuthorizationPending
    return await _redeem(code_hash, client=client, store=store, ports=ports, now=now)


async def authorization_code(
    *, client: Client, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime
) -> TokenPair:
    """A person's tokens for a code, exactly once (RFC 6749 section 4.1.3, RFC 7636 section 4.6).

    A client that shows a code again is refused, and what the code gave ends with that, however soon it comes
    (RFC 6749 section 4.1.2): whether it repeats itself or somebody else has the code, nobody can tell, and of
    two who have it the first may be the thief. A client whose answer was lost holds nothing that would end.
    """
    code, address, verifier = (body.get(name) or "" for name in ("code", "redirect_uri", "code_verifier"))
    if not code or not address:
        raise InvalidRequest("`code` or `redirect_uri` is missing.")
    if _VERIFIER.fullmatch(verifier) is None:
        raise InvalidRequest("`code_verifier` is missing or not one of RFC 7636 section 4.1.")
    if not secret.well_formed(code, secret.AUTHORIZATION_CODE):
        raise InvalidGrant
    code_hash = secret.digest(code)
    new = _NewSession.at(now, ports)
    row = await authorization.redeem(
        store,
        code_hash=code_hash,
        instance_id=client.id,
        redirect_uri=address,
        code_challenge=secret.digest(verifier),
        now=now,
        **new.stored(),
    )
    if row is not None:
        return new.pair(row)
    if await authorization.revoke_what_it_gave(store, code_hash=code_hash, instance_id=client.id, now=now):
        raise ReplayedGrant
    raise InvalidGrant


async def refresh_token(
    *, client: Client, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime
) -> TokenPair:
    """The successor tokens of a session (RFC 6749 section 6). A `scope` may repeat or narrow, never widen."""
    pair = await rotate(
        refresh_token=body["refresh_token"], instance_id=client.id, store=store, ports=ports, now=now
    )
    if not set(scopes.parse(body.get("scope") or "")) <= set(pair.scopes):
        raise InvalidScope
    return pair


def refuse_unregistered(client: Client, grant_type: str) -> None:
    """Raise UnauthorizedClient when the client did not register this grant type."""
    if grant_type not in client.grant_types:
        raise UnauthorizedClient


class _Stored(TypedDict):
    session_id: str
    access_hash: bytes
    refresh_hash: bytes
    access_expires_at: datetime
    refresh_expires_at: datetime


async def _redeem(
    code_hash: bytes, *, client: Client, store: UnitOfWork, ports: Ports, now: datetime
) -> TokenPair:
    new = _NewSession.at(now, ports)
    row = await device_grants.redeem(
        store, device_code_hash=code_hash, instance_id=client.id, now=now, **new.stored()
    )
    if row is None:
        raise InvalidGrant
    return new.pair(row)


@dataclass(frozen=True, slots=True)
class _NewSession:
    """What a session that may come to be would begin with."""

    id: str
    access_token: str
    refresh_token: str
    access_expires_at: datetime
    refresh_expires_at: datetime

    @classmethod
    def at(cls, now: datetime, ports: Ports) -> _NewSession:
        return cls(
            id=ports.randomness.id(now),
            access_token=ports.randomness.secret(secret.ACCESS_TOKEN),
            refresh_token=ports.randomness.secret(secret.REFRESH_TOKEN),
            access_expires_at=now + ports.policy.access_token_life,
            refresh_expires_at=now + ports.policy.refresh_token_life,
        )

    def stored(self) -> _Stored:
        """What is kept of it."""
        return {
            "session_id": self.id,
            "access_hash": secret.digest(self.access_token),
            "refresh_hash": secret.digest(self.refresh_token),
            "access_expires_at": self.access_expires_at,
            "refresh_expires_at": self.refresh_expires_at,
        }

    def pair(self, opened: Record) -> TokenPair:
        """The tokens, once the session is there with its `scopes`."""
        return TokenPair(
            access_token=self.access_token,
            access_expires_at=self.access_expires_at,
            refresh_token=self.refresh_token if opened["offline"] else None,
            scopes=tuple(opened["scopes"]),
        )
