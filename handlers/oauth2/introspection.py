"""What a token is (RFC 7662): the facts that its holder, or the client it was issued to, may know."""

from __future__ import annotations

from datetime import datetime

from handlers import secret
from handlers.moments import seconds
from handlers.oauth2.clients import Client
from persistence import credentials
from persistence.unit_of_work import Record, UnitOfWork

_INACTIVE: dict[str, object] = {"active": False}


async def describe(
    token: str, *, client: Client | None, store: UnitOfWork, pat_prefix: str, now: datetime
) -> dict[str, object]:
    """The introspection answer; `{"active": False}` for whatever is not good or not the asking client's."""
    if secret.well_formed(token, secret.ACCESS_TOKEN):
        row = await credentials.active_access_token(store, token_hash=secret.digest(token), now=now)
        return _of_instance(row, client=client, token_type="Bearer")  # noqa: S106 (the name of a kind)
    if secret.well_formed(token, secret.REFRESH_TOKEN):
        row = await credentials.active_refresh_token(store, token_hash=secret.digest(token), now=now)
        return _of_instance(row, client=client, token_type="refresh_token")  # noqa: S106 (the name of a kind)
    if client is None and secret.well_formed(token, pat_prefix):
        row = await credentials.active_personal_access_token(store, token_hash=secret.digest(token), now=now)
        return _INACTIVE if row is None else {"active": True, "sub": row["user_id"], "token_type": "Bearer"}
    return _INACTIVE


def _of_instance(row: Record | None, *, client: Client | None, token_type: str) -> dict[str, object]:
    if row is None or (client is not None and client.client_id != row["client_id"]):
        return _INACTIVE
    described: dict[str, object] = {
        "active": True,
        "client_id": row["client_id"],
        "scope": " ".join(row["scopes"]),
        "exp": seconds(row["token_expires_at"]),
        "iat": seconds(row["token_created_at"]),
        "token_type": token_type,
    }
    if row["user_id"] is not None:
        described["sub"] = row["user_id"]
    if row["workspace_id"] is not None:
        described["meta"] = {
            "instance_id": row["instance_id"],
            "kind": "instance",
            "workspace_id": row["workspace_id"],
        }
    return described
