"""The OAuth operations, in contract order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import secret
from handlers.answers import Answer
from handlers.caller import Caller
from handlers.errors import InstanceUnclaimed, InvalidClient, UnsupportedGrantType, UserCodeUnusable
from handlers.moments import seconds
from handlers.oauth2 import (
    clients,
    discovery,
    granting,
    introspection,
    registering,
    scopes,
    user_code,
)
from handlers.oauth2.pending_request import pending_request
from handlers.ports import Ports
from persistence import device_grants, registration, tokens
from persistence.unit_of_work import Record, UnitOfWork

_NO_STORE = {"Cache-Control": "no-store"}
_USER_CODE_TRIES = 5
_GRANTS = {
    registering.AUTHORIZATION_CODE: granting.authorization_code,
    registering.CLIENT_CREDENTIALS: granting.client_credentials,
    registering.DEVICE_CODE: granting.device_code,
    registering.REFRESH_TOKEN: granting.refresh_token,
}


async def register_client(
    *, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime, client_ip: str | None
) -> Answer:
    """Register an instance; claimed at once with a valid registration key (RFC 7591)."""
    client, client_secret = await registering.register(
        body=body, store=store, ports=ports, now=now, client_ip=client_ip
    )
    payload = _registration(
        client_id=client.client_id,
        client_secret=client_secret,
        issued_at=now,
        grant_types=tuple(client.grant_types),
        registered_scopes=tuple(client.scopes),
        auth_method=client.token_endpoint_auth_method,
    )
    if client.client_name is not None:
        payload["client_name"] = client.client_name
    if client.redirect_uris:
        payload["redirect_uris"] = list(client.redirect_uris)
    return Answer(status=201, body=payload, headers=_NO_STORE)


async def update_client(*, id: str, body: Mapping[str, Any], store: UnitOfWork) -> Answer:
    """State scope and grant types again; the policy decides as at registration (RFC 7592)."""
    if body["client_id"] != id:
        raise InvalidClient
    client = await clients.verified(client_id=id, client_secret=body["client_secret"], store=store)
    kept_scopes = scopes.registered(body["scope"])
    kept_grant_types = registering.grant_types(body["grant_types"], redirect_uris=client.redirect_uris)
    registration.update_client(
        store,
        client_id=client.client_id,
        client_secret_hash=client.secret_hash,
        scopes=kept_scopes,
        grant_types=kept_grant_types,
        otherwise=InvalidClient,
    )
    payload = _registration(
        client_id=client.client_id,
        client_secret=body["client_secret"],
        issued_at=client.registered_at,
        grant_types=kept_grant_types,
        registered_scopes=kept_scopes,
        auth_method=client.auth_method,
    )
    return Answer(body=payload, headers=_NO_STORE)


async def device_authorize(
    *,
    body: Mapping[str, Any],
    caller: Caller,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> Answer:
    """Start the device flow (RFC 8628 section 3.1)."""
    client = await clients.authenticate(caller=caller, body=body, store=store)
    granting.refuse_unregistered(client, registering.DEVICE_CODE)
    requested = scopes.requested(body["scope"], registered=client.scopes)
    device_code = ports.randomness.secret(secret.DEVICE_CODE)
    for _ in range(_USER_CODE_TRIES):
        code = user_code.generate(ports.randomness)
        started = await device_grants.start(
            store,
            device_code_hash=secret.digest(device_code),
            user_code_hash=user_code.digest(code),
            instance_id=client.id,
            scopes=requested,
            requested_from=client_ip,
            interval_s=int(ports.policy.device_interval.total_seconds()),
            now=now,
            expires_at=now + ports.policy.device_code_life,
        )
        if started:
            break
    else:
        raise InvalidClient  # it is gone: that one code is taken is rare, and that five are never happens
    page = f"{ports.policy.public_url}/device"
    payload = {
        "device_code": device_code,
        "expires_in": int(ports.policy.device_code_life.total_seconds()),
        "interval": int(ports.policy.device_interval.total_seconds()),
        "user_code": user_code.shown(code),
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={user_code.shown(code)}",
    }
    return Answer(body=payload, headers=_NO_STORE)


async def device_information(
    *, user_code: str, caller: Caller, store: UnitOfWork, ports: Ports, now: datetime, client_ip: str | None
) -> Answer:
    """What asks with this code, for the person who is about to decide."""
    row = await _pending(user_code, caller=caller, store=store, ports=ports, now=now, client_ip=client_ip)
    asking = row["requested_from"]
    client: dict[str, object] = {"id": row["client_id"], "registered_at": seconds(row["registered_at"])}
    if row["client_name"] is not None:
        client["name"] = row["client_name"]
    if row["workspace_id"] is not None:
        client["instance"] = {
            "id": row["instance_id"],
            "name": row["name"] or row["instance_id"],
            "registered_at": seconds(row["registered_at"]),
        }
    payload: dict[str, object] = {
        "client": client,
        "scope": " ".join(row["scopes"]),
        "scopes": [{"name": name, "requirement": scopes.requirement(name)} for name in row["scopes"]],
        "requested_at": seconds(row["created_at"]),
        "expires_at": seconds(row["expires_at"]),
        "same_address": asking is not None and str(asking) == client_ip,
    }
    if asking is not None:
        payload["requested_from"] = str(asking)
    return Answer(body=payload, headers=_NO_STORE)


async def device_approve(
    *,
    user_code: str,
    scope: str | None,
    caller: Caller,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> Answer:
    """Let the instance act for the caller, with all or some of the requested scopes."""
    row = await _pending(user_code, caller=caller, store=store, ports=ports, now=now, client_ip=client_ip)
    if row["workspace_id"] is None:
        raise InstanceUnclaimed
    granted = scopes.granted(row["scopes"], scope)
    approved = await device_grants.approve(
        store, user_code_hash=_code_hash(user_code), user_id=_person(caller), granted_scopes=granted, now=now
    )
    if not approved:
        raise UserCodeUnusable
    return Answer(headers=_NO_STORE)


async def device_deny(
    *, user_code: str, caller: Caller, store: UnitOfWork, ports: Ports, now: datetime, client_ip: str | None
) -> Answer:
    """Refuse the instance."""
    await _pending(user_code, caller=caller, store=store, ports=ports, now=now, client_ip=client_ip)
    denied = await device_grants.deny(
        store, user_code_hash=_code_hash(user_code), user_id=_person(caller), now=now
    )
    if not denied:
        raise UserCodeUnusable
    return Answer(headers=_NO_STORE)


async def token(
    *,
    date: str | None,
    body: Mapping[str, Any],
    caller: Caller,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
) -> Answer:
    """Exchange a grant for tokens (RFC 6749 section 5)."""
    granting.refuse_stale_date(date, now)
    client = await clients.authenticate(caller=caller, body=body, store=store)
    grant = _GRANTS.get(body["grant_type"])
    if grant is None:
        raise UnsupportedGrantType
    granting.refuse_unregistered(client, body["grant_type"])
    pair = await grant(client=client, body=body, store=store, ports=ports, now=now)
    payload = {
        "access_token": pair.access_token,
        "expires_in": max(0, int((pair.access_expires_at - now).total_seconds())),
        "scope": " ".join(pair.scopes),
        "token_type": "Bearer",
    }
    if pair.refresh_token is not None:
        payload["refresh_token"] = pair.refresh_token
    return Answer(body=payload, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


async def introspect(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Whether a token is good, and whose (RFC 7662)."""
    client = None
    if caller.credentials is not None or body.get("client_id") or body.get("client_secret"):
        client = await clients.authenticate(caller=caller, body=body, store=store)
    payload = await introspection.describe(
        body["token"], client=client, store=store, pat_prefix=ports.policy.pat_prefix, now=now
    )
    return Answer(body=payload, headers=_NO_STORE)


async def revoke(*, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, now: datetime) -> Answer:
    """End a token of the authenticated client; 200 whether or not there was one (RFC 7009)."""
    client = await clients.authenticate(caller=caller, body=body, store=store)
    presented = body["token"]
    if secret.well_formed(presented, secret.REFRESH_TOKEN):
        tokens.revoke_by_refresh_token(
            store, token_hash=secret.digest(presented), instance_id=client.id, now=now
        )
    elif secret.well_formed(presented, secret.ACCESS_TOKEN):
        tokens.revoke_access_token(store, token_hash=secret.digest(presented), instance_id=client.id, now=now)
    return Answer(headers=_NO_STORE)


async def authorization_server_metadata(*, ports: Ports) -> Answer:
    """Where the OAuth endpoints are (RFC 8414)."""
    return discovery.metadata(ports.policy.public_url)


async def openid_configuration(*, ports: Ports) -> Answer:
    """The same, at the address where OpenID clients look."""
    return discovery.metadata(ports.policy.public_url)


async def _pending(
    typed: str, *, caller: Caller, store: UnitOfWork, ports: Ports, now: datetime, client_ip: str | None
) -> Record:
    return await pending_request(
        typed, person=_person(caller), store=store, ports=ports, now=now, client_ip=client_ip
    )


def _code_hash(typed: str) -> bytes:
    return user_code.digest(user_code.normal(typed) or "")


def _person(caller: Caller) -> str:
    assert caller.user_id is not None, "the contract asks for a person's credential here"
    return caller.user_id


def _registration(
    *,
    client_id: str,
    client_secret: str,
    issued_at: datetime,
    grant_types: tuple[str, ...],
    registered_scopes: tuple[str, ...],
    auth_method: str,
) -> dict[str, object]:
    return {
        "client_id": client_id,
        "client_id_issued_at": seconds(issued_at),
        "client_secret": client_secret,
        "client_secret_expires_at": 0,
        "grant_types": list(grant_types),
        "scope": " ".join(registered_scopes),
        "token_endpoint_auth_method": auth_method,
    }
