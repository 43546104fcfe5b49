"""Registered instances: looking them up by client id, registering with a key, and changing what a client
registered. Registering without a key is `persistence.unclaimed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, exists, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_instance = metadata.tables["instance"]
_key = metadata.tables["registration_key"]
_session = metadata.tables["session"]
_NOW = bindparam("now", type_=_instance.c.registered_at.type)

CLIENT_COLUMNS = (
    "id",
    "client_id",
    "client_secret_hash",
    "scopes",
    "grant_types",
    "token_endpoint_auth_method",
    "client_name",
    "redirect_uris",
)
"""The columns that a client brings along."""

_CLIENT = Statement(
    select(
        *(_instance.c[name] for name in CLIENT_COLUMNS), _instance.c.workspace_id, _instance.c.registered_at
    ).where(_instance.c.client_id == bindparam("client_id"))
)


def given_client() -> list[ColumnElement[Any]]:
    """The values of `CLIENT_COLUMNS`, for a statement that stores a client."""
    return [bindparam(name, type_=_instance.c[name].type) for name in CLIENT_COLUMNS]


_used_key = (
    update(_key)
    .where(
        _key.c.key_hash == bindparam("key_hash"),
        _key.c.revoked_at.is_(None),
        or_(_key.c.expires_at.is_(null()), _key.c.expires_at > _NOW),
        or_(_key.c.max_uses.is_(null()), _key.c.uses < _key.c.max_uses),
    )
    .values(uses=_key.c.uses + 1, last_used_at=_NOW)
    .returning(_key.c.id, _key.c.workspace_id, _key.c.name_prefix, _key.c.ephemeral)
    .cte("used_key")
)
_REGISTER_WITH_KEY = Statement(
    insert(_instance)
    .from_select(
        [
            *CLIENT_COLUMNS,
            "workspace_id",
            "registration_key_id",
            "name",
            "ephemeral",
            "registered_at",
            "claimed_at",
        ],
        select(
            *given_client(),
            _used_key.c.workspace_id,
            _used_key.c.id,
            _used_key.c.name_prefix.concat(bindparam("name_suffix", type_=_instance.c.name.type)),
            _used_key.c.ephemeral,
            _NOW,
            _NOW,
        ),
    )
    .returning(_instance.c.id, _instance.c.name)
)

_UPDATE_CLIENT = Statement(
    update(_instance)
    .where(
        _instance.c.client_id == bindparam("client_id"),
        _instance.c.client_secret_hash == bindparam("client_secret_hash"),
    )
    .values(scopes=bindparam("scopes"), grant_types=bindparam("grant_types"))
    .returning(_instance.c.id)
)

_other_live_session = exists(
    select(literal(1))
    .select_from(_session)
    .where(
        _session.c.instance_id == _instance.c.id,
        _session.c.revoked_at.is_(None),
        _session.c.expires_at > _NOW,
    )
)
_HOLD_EPHEMERAL = Statement(
    select(_instance.c.id)
    .where(_instance.c.id == bindparam("instance_id"), _instance.c.ephemeral)
    .with_for_update()
)
_DELETE_EPHEMERAL = Statement(
    delete(_instance)
    .where(_instance.c.id == bindparam("instance_id"), _instance.c.ephemeral, ~_other_live_session)
    .returning(_instance.c.id)
)


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client about to be registered. Only the digest of its secret is here."""

    id: str
    client_id: str
    client_secret_hash: bytes
    scopes: Sequence[str]
    grant_types: Sequence[str]
    token_endpoint_auth_method: str
    client_name: str | None
    redirect_uris: Sequence[str]

    def columns(self) -> dict[str, object]:
        """The values by column."""
        return {name: getattr(self, name) for name in CLIENT_COLUMNS}


async def client_by_id(store: UnitOfWork, *, client_id: str) -> Record | None:
    """The instance that is this OAuth client, or None."""
    return await store.row(_CLIENT, client_id=client_id)


async def register_with_key(
    store: UnitOfWork, client: NewClient, *, key_hash: bytes, name_suffix: str, now: datetime
) -> Record | None:
    """Use the key once and store the instance in its workspace, both or neither; None when the key opens
    nothing.
    """
    return await store.write(
        _REGISTER_WITH_KEY, **client.columns(), key_hash=key_hash, name_suffix=name_suffix, now=now
    )


def update_client(
    store: UnitOfWork,
    *,
    client_id: str,
    client_secret_hash: bytes,
    scopes: Sequence[str],
    grant_types: Sequence[str],
    otherwise: type[Exception],
) -> None:
    """At commit, replace scopes and grant types of the client with that secret; `otherwise` when it is
    gone.
    """
    store.defer(
        _UPDATE_CLIENT,
        otherwise=otherwise,
        client_id=client_id,
        client_secret_hash=client_secret_hash,
        scopes=scopes,
        grant_types=grant_types,
    )


async def hold_if_ephemeral(store: UnitOfWork, *, instance_id: str) -> None:
    """Let nobody else sign in to or out of an instance with an ephemeral key before this unit of work ends.

    To be called before a session is ended: of several who leave at the same moment the last one then knows
    that it is the last.
    """
    await store.write(_HOLD_EPHEMERAL, instance_id=instance_id)


def delete_if_ephemeral(store: UnitOfWork, *, instance_id: str, now: datetime) -> None:
    """At commit, delete the instance when it registered with an ephemeral key and nobody is signed in to it
    any more."""
    store.defer(_DELETE_EPHEMERAL, instance_id=instance_id, now=now)
