"""Client authentication (RFC 6749 section 2.3.1) and what a client registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from handlers import secret
from handlers.caller import Caller
from handlers.errors import InvalidClient, InvalidRequest
from persistence import registration
from persistence.unit_of_work import Record, UnitOfWork


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client, which is an instance."""

    id: str
    client_id: str
    secret_hash: bytes
    scopes: tuple[str, ...]
    grant_types: tuple[str, ...]
    auth_method: str
    client_name: str | None
    redirect_uris: tuple[str, ...]
    workspace_id: str | None
    registered_at: datetime


async def authenticate(*, caller: Caller, body: Mapping[str, str | None], store: UnitOfWork) -> Client:
    """The client behind `client_secret_basic` or `client_secret_post`.

    Raises InvalidRequest when both are used, InvalidClient when none is, and the same InvalidClient for an
    unknown client and a wrong secret.
    """
    presented = caller.credentials
    in_body = body.get("client_id"), body.get("client_secret")
    if presented is not None:
        if in_body[1] is not None or in_body[0] not in (None, presented.client_id):
            raise InvalidRequest("Use one way of client authentication, not two.")
        return await verified(
            client_id=presented.client_id, client_secret=presented.client_secret, store=store
        )
    client_id, client_secret = in_body
    if not client_id or not client_secret:
        raise InvalidClient
    return await verified(client_id=client_id, client_secret=client_secret, store=store)


async def verified(*, client_id: str, client_secret: str, store: UnitOfWork) -> Client:
    """The client with this id and secret. Raises InvalidClient, the same for a wrong id or secret."""
    row = await registration.client_by_id(store, client_id=client_id)
    if (
        not secret.matches(client_secret, row["client_secret_hash"] if row is not None else None)
        or row is None
    ):
        raise InvalidClient
    return _client(row)


async def identified(*, client_id: str, store: UnitOfWork) -> Client | None:
    """The client that has this id, or None. Nobody has shown to be that client."""
    row = await registration.client_by_id(store, client_id=client_id)
    return _client(row) if row is not None else None


def _client(row: Record) -> Client:
    return Client(
        id=row["id"],
        client_id=row["client_id"],
        secret_hash=row["client_secret_hash"],
        scopes=tuple(row["scopes"]),
        grant_types=tuple(row["grant_types"]),
        auth_method=row["token_endpoint_auth_method"],
        client_name=row["client_name"],
        redirect_uris=tuple(row["redirect_uris"]),
        workspace_id=row["workspace_id"],
        registered_at=row["registered_at"],
    )
