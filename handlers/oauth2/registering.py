"""Registering instances: what the policy keeps of a request, and how many may wait unclaimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers import display_name, secret
from handlers.address_prefix import prefix
from handlers.errors import (
    InvalidClientMetadata,
    InvalidRedirectUri,
    InvalidRegistrationKey,
    OAuthTooManyRequests,
    RegistrationsFull,
)
from handlers.oauth2 import redirect_uri, scopes
from handlers.policy import Policy
from handlers.ports import Ports
from persistence import registration, unclaimed
from persistence.registration import NewClient
from persistence.unit_of_work import UnitOfWork

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 (the name of a grant type)
CLIENT_CREDENTIALS = "client_credentials"
AUTHORIZATION_CODE = "authorization_code"
SUPPORTED_GRANT_TYPES = (DEVICE_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, AUTHORIZATION_CODE)

_EXPIRED_AT_MOST = 100
_NAME_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_RETRY_WHEN_FULL_S = 300
_KNOWN_FULL = timedelta(seconds=1)  # for so long after a count that found no place, nobody counts again


def grant_types(asked: Sequence[str], *, redirect_uris: Sequence[str]) -> tuple[str, ...]:
    """The supported ones of the grant types asked for, each once; codes only for a client that has an address
    to send them to. Raises InvalidClientMetadata when none is left.
    """
    kept = tuple(
        name
        for name in dict.fromkeys(asked)
        if name in SUPPORTED_GRANT_TYPES and (redirect_uris or name != AUTHORIZATION_CODE)
    )
    if not kept:
        raise InvalidClientMetadata("None of the grant types is supported.")
    return kept


def redirect_uris(asked: Sequence[str] | None) -> tuple[str, ...]:
    """The redirect URIs, each once. Raises InvalidRedirectUri unless each can be registered."""
    if not all(redirect_uri.is_registrable(uri) for uri in asked or ()):
        raise InvalidRedirectUri
    return tuple(dict.fromkeys(asked or ()))


async def register(
    *,
    body: Mapping[str, Any],
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> tuple[NewClient, str]:
    """Store a new client, claimed when a registration key says so; the client and its secret.

    Raises InvalidScope, InvalidClientMetadata, InvalidRedirectUri, InvalidRegistrationKey,
    OAuthTooManyRequests, RegistrationsFull.
    """
    client_secret = ports.randomness.secret(secret.CLIENT_SECRET)
    addresses = redirect_uris(body.get("redirect_uris"))
    client = NewClient(
        id=ports.randomness.id(now),
        client_id=ports.randomness.id(now),
        client_secret_hash=secret.digest(client_secret),
        scopes=scopes.registered(body["scope"]),
        grant_types=grant_types(body["grant_types"], redirect_uris=addresses),
        token_endpoint_auth_method=body.get("token_endpoint_auth_method") or "client_secret_post",
        # Whoever approves reads it, and nobody vouches for it: RFC 7591 section 3.2.1 allows to replace it.
        client_name=display_name.shown(body.get("client_name") or ""),
        redirect_uris=addresses,
    )
    key = body.get("instance_registration_key")
    if key is not None:
        await _register_claimed(client, key=key, store=store, ports=ports, now=now)
    else:
        await _register_unclaimed(client, store=store, policy=ports.policy, now=now, client_ip=client_ip)
    return client, client_secret


async def _register_claimed(
    client: NewClient, *, key: str, store: UnitOfWork, ports: Ports, now: datetime
) -> None:
    if not secret.well_formed(key, ports.policy.registration_key_prefix):
        raise InvalidRegistrationKey
    suffix = ports.randomness.letters(_NAME_ALPHABET, 6)
    row = await registration.register_with_key(
        store, client, key_hash=secret.digest(key), name_suffix=suffix, now=now
    )
    if row is None:
        raise InvalidRegistrationKey


async def _register_unclaimed(
    client: NewClient,
    *,
    store: UnitOfWork,
    policy: Policy,
    now: datetime,
    client_ip: str | None,
) -> None:
    bounds = unclaimed.Bounds(
        per_address=policy.unclaimed_per_address,
        window_before=now - policy.unclaimed_window,
        cap=policy.unclaimed_cap,
    )
    subject, full_since = prefix(client_ip), now - _KNOWN_FULL
    # Refused by what is known already: a flood is answered with one read each and writes nothing.
    known = await unclaimed.outlook(store, subject=subject, bounds=bounds, full_since=full_since)
    if known.window_started_at is not None and known.count >= bounds.per_address:
        raise _over_quota(known.window_started_at, policy=policy, now=now)
    if known.full:
        raise RegistrationsFull(_RETRY_WHEN_FULL_S)
    attempted = await unclaimed.register(store, client, subject=subject, bounds=bounds, now=now)
    if attempted.stored:
        return
    if attempted.count > bounds.per_address:
        raise _over_quota(attempted.window_started_at, policy=policy, now=now)
    await unclaimed.recount(
        store,
        cap=bounds.cap,
        full_since=full_since,
        registered_before=now - policy.unclaimed_life,
        at_most=_EXPIRED_AT_MOST,
        now=now,
    )
    if not await unclaimed.register_after_recount(store, client, bounds=bounds, now=now):
        await unclaimed.uncount(store, subject=subject)  # or a flood from everywhere would fill that table
        raise RegistrationsFull(_RETRY_WHEN_FULL_S)


def _over_quota(started: datetime, *, policy: Policy, now: datetime) -> OAuthTooManyRequests:
    return OAuthTooManyRequests.until_window_ends(
        started,
        window=policy.unclaimed_window,
        now=now,
        message=(
            "Too many unclaimed registrations from this address. Use a registration key, or try again later."
        ),
    )
