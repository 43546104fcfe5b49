"""The operations of the authorization code flow, in contract order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import secret
from handlers.answers import Answer
from handlers.authorization import asking
from handlers.caller import Caller
from handlers.errors import AuthorizationRequestUnusable, InstanceUnclaimed, OAuthError, UnusableClient
from handlers.moments import seconds
from handlers.oauth2 import redirect_uri as addresses
from handlers.oauth2 import scopes
from handlers.ports import Ports
from persistence import authorization
from persistence.unit_of_work import Record, UnitOfWork

_NO_STORE = {"Cache-Control": "no-store"}


async def authorize(
    *,
    response_type: str | None,
    client_id: str,
    redirect_uri: str,
    scope: str | None,
    state: str | None,
    code_challenge: str | None,
    code_challenge_method: str | None,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> Answer:
    """Keep what a client asks for; the browser goes on to where a person decides (RFC 6749 section 4.1.1).

    What is wrong with a request is told at the client's own address only if somebody has claimed the client:
    anybody may register one, and an address that forwards to anywhere unasked serves phishing (BCP 9700
    section 4.11.2).
    """
    policy = ports.policy
    client = await asking.client_at(client_id=client_id, address=redirect_uri, store=store)
    try:
        asked = asking.asked(
            client,
            response_type=response_type,
            scope=scope,
            code_challenge=code_challenge,
            code_challenge_method=code_challenge_method,
        )
    except OAuthError as refusal:
        if client.workspace_id is None:
            raise
        told = {"error": refusal.error, "error_description": refusal.public_message}
        return _sent_to(addresses.answered(redirect_uri, **told, state=state or None, iss=policy.public_url))
    await asking.count(store=store, policy=policy, client_ip=client_ip, now=now)
    handle = ports.randomness.secret(secret.REQUEST_HANDLE)
    started = await authorization.start(
        store,
        handle_hash=secret.digest(handle),
        instance_id=client.id,
        redirect_uri=redirect_uri,
        scopes=asked.scopes,
        client_state=state or None,
        code_challenge=asked.code_challenge,
        now=now,
        expires_at=now + policy.authorization_request_life,
    )
    if not started:
        raise UnusableClient
    return _sent_to(f"{policy.public_url}/consent?handle={handle}")


async def authorization_information(
    *, handle: str, caller: Caller, store: UnitOfWork, now: datetime
) -> Answer:
    """What asks, for the person who is about to decide."""
    row = await _pending(handle, caller=caller, store=store, now=now)
    client: dict[str, object] = {"id": row["client_id"], "registered_at": seconds(row["registered_at"])}
    if row["client_name"] is not None:
        client["name"] = row["client_name"]
    if row["workspace_id"] is not None:
        client["instance"] = {
            "id": row["instance_id"],
            "name": row["name"] or row["instance_id"],
            "registered_at": seconds(row["registered_at"]),
        }
    target = addresses.target(row["redirect_uri"])
    payload: dict[str, object] = {
        "client": client,
        "redirect": {"kind": target.kind, "host": target.host},
        "scope": " ".join(row["scopes"]),
        "scopes": [{"name": name, "requirement": scopes.requirement(name)} for name in row["scopes"]],
        "requested_at": seconds(row["created_at"]),
        "expires_at": seconds(row["expires_at"]),
    }
    if row["workspace_id"] is not None:
        payload["workspace"] = {"id": row["workspace_id"], "name": row["workspace_name"]}
    return Answer(body=payload, headers=_NO_STORE)


async def authorization_approve(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Let the client act for the caller, with all or some of the requested scopes: the address with the code
    (RFC 6749 section 4.1.2, RFC 9207).
    """
    row = await _pending(body["handle"], caller=caller, store=store, now=now)
    if row["workspace_id"] is None:
        raise InstanceUnclaimed
    code = ports.randomness.secret(secret.AUTHORIZATION_CODE)
    approved = await authorization.approve(
        store,
        handle_hash=secret.digest(body["handle"]),
        user_id=caller.person,
        granted_scopes=scopes.granted(row["scopes"], body.get("scope")),
        code_hash=secret.digest(code),
        code_expires_at=now + ports.policy.authorization_code_life,
        now=now,
    )
    if not approved:
        raise AuthorizationRequestUnusable
    return _decided(row, ports, code=code)


async def authorization_deny(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Refuse the client: the address that tells it so (RFC 6749 section 4.1.2.1)."""
    row = await _pending(body["handle"], caller=caller, store=store, now=now)
    denied = await authorization.deny(
        store, handle_hash=secret.digest(body["handle"]), user_id=caller.person, now=now
    )
    if not denied:
        raise AuthorizationRequestUnusable
    return _decided(row, ports, error="access_denied")


async def _pending(handle: str, *, caller: Caller, store: UnitOfWork, now: datetime) -> Record:
    row = None
    if secret.well_formed(handle, secret.REQUEST_HANDLE):
        row = await authorization.pending_request(
            store, handle_hash=secret.digest(handle), user_id=caller.person, now=now
        )
    if row is None:
        raise AuthorizationRequestUnusable
    return row


def _decided(row: Record, ports: Ports, **outcome: str) -> Answer:
    address = addresses.answered(
        row["redirect_uri"], **outcome, state=row["client_state"], iss=ports.policy.public_url
    )
    return Answer(body={"redirect_to": address}, headers=_NO_STORE)


def _sent_to(address: str) -> Answer:
    return Answer(302, headers={**_NO_STORE, "Location": address})
