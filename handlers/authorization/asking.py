"""What a client may ask for through a browser that it sends here (RFC 6749 section 4.1.1, RFC 7636)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime

from handlers.address_prefix import prefix
from handlers.errors import InvalidRequest, OAuthTooManyRequests, UnsupportedResponseType, UnusableClient
from handlers.oauth2 import clients, granting, redirect_uri, registering, scopes
from handlers.oauth2.clients import Client
from handlers.policy import Policy
from persistence import attempts
from persistence.unit_of_work import UnitOfWork

_ADDRESS = "authorization"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")  # 32 bytes in base64url, the spare bits zero


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be shown to a person."""

    scopes: tuple[str, ...]
    code_challenge: bytes


async def client_at(*, client_id: str, address: str, store: UnitOfWork) -> Client:
    """The client that registered this address to return to. Raises UnusableClient."""
    client = await clients.identified(client_id=client_id, store=store)
    if client is None or not redirect_uri.is_registered(address, client.redirect_uris):
        raise UnusableClient
    return client


def asked(
    client: Client,
    *,
    response_type: str | None,
    scope: str | None,
    code_challenge: str | None,
    code_challenge_method: str | None,
) -> Asked:
    """The request, if this client may make it. Raises InvalidRequest, UnsupportedResponseType,
    UnauthorizedClient, InvalidScope.
    """
    if not response_type:
        raise InvalidRequest("`response_type` is missing.")
    if response_type != "code":
        raise UnsupportedResponseType
    granting.refuse_unregistered(client, registering.AUTHORIZATION_CODE)
    if not code_challenge:
        raise InvalidRequest("`code_challenge` is missing: this server wants PKCE (RFC 7636).")
    if code_challenge_method != "S256":
        raise InvalidRequest("`code_challenge_method` is S256; `plain`, which is meant without one, is not.")
    if _CHALLENGE.fullmatch(code_challenge) is None:
        raise InvalidRequest("`code_challenge` is not a SHA-256 in base64url (RFC 7636 section 4.2).")
    requested = scopes.requested(scope or "", registered=client.scopes)
    scopes.granted(requested, None)  # whom nobody can grant anything is told so, and no person is asked
    return Asked(
        scopes=requested,
        code_challenge=base64.urlsafe_b64decode(code_challenge + "="),
    )


async def count(*, store: UnitOfWork, policy: Policy, client_ip: str | None, now: datetime) -> None:
    """Count a request that is about to be stored. Raises OAuthTooManyRequests: what anybody may store is
    bounded per address prefix, and a flood from one costs a read each and harms nobody elsewhere.
    """
    before = now - policy.authorization_window
    subject = prefix(client_ip)
    known, began = await attempts.current_attempts(
        store, kind=_ADDRESS, subject=subject, window_before=before
    )
    if began is None or known < policy.authorization_requests:
        known, began = await attempts.count_attempt(
            store, kind=_ADDRESS, subject=subject, now=now, window_before=before
        )
        known -= 1
    if known >= policy.authorization_requests:
        raise OAuthTooManyRequests.until_window_ends(
            began,
            window=policy.authorization_window,
            now=now,
            message="Too many authorization requests from this address. Try again later.",
        )
