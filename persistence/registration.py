"""Registered instances: looking them up by client id, registering with and without a key, and keeping the
unclaimed ones bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, delete, exists, func, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_instance = metadata.tables["instance"]
_key = metadata.tables["registration_key"]
_session = metadata.tables["session"]
_NOW = bindparam("now", type_=_instance.c.registered_at.type)

_CLIENT = Statement(select(_instance).where(_instance.c.client_id == bindparam("client_id")))

_COLUMNS = (
    "id",
    "client_id",
    "client_secret_hash",
    "scopes",
    "grant_types",
    "token_endpoint_auth_method",
    "client_name",
    "redirect_uris",
)
_given = [bindparam(name, type_=_instance.c[name].type) for name in _COLUMNS]

_REGISTER_UNCLAIMED = Statement(
    insert(_instance)
    .values(**{name: bindparam(name) for name in _COLUMNS}, ephemeral=False, registered_at=_NOW)
    .returning(_instance.c.id)
)

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
            *_COLUMNS,
            "workspace_id",
            "registration_key_id",
            "name",
            "ephemeral",
            "registered_at",
            "claimed_at",
        ],
        select(
            *_given,
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

_expired: Select[tuple[str]] = (
    select(_instance.c.id)
    .where(_instance.c.workspace_id.is_(None), _instance.c.registered_at <= bindparam("registered_before"))
    .order_by(_instance.c.registered_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_REMOVE_EXPIRED_UNCLAIMED = Statement(
    delete(_instance).where(_instance.c.id.in_(_expired)).returning(_instance.c.id)
)
_first_unclaimed = (
    select(literal(1).label("one")).select_from(_instance).where(_instance.c.workspace_id.is_(None))
)
_UNCLAIMED_UP_TO = Statement(
    select(func.count().label("count")).select_from(_first_unclaimed.limit(bindparam("cap")).subquery())
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
        return {name: getattr(self, name) for name in _COLUMNS}


async def client_by_id(store: UnitOfWork, *, client_id: str) -> Record | None:
    """The instance that is this OAuth client, or None."""
    return await store.row(_CLIENT, client_id=client_id)


async def register_unclaimed(store: UnitOfWork, client: NewClient, *, now: datetime) -> None:
    """Store an instance that belongs to nobody yet."""
    await store.write(_REGISTER_UNCLAIMED, **client.columns(), now=now)


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


async def remove_expired_unclaimed(store: UnitOfWork, *, registered_before: datetime, at_most: int) -> int:
    """Delete unclaimed instances that are past their time, the oldest first; how many went."""
    rows = await store.write_rows(
        _REMOVE_EXPIRED_UNCLAIMED, registered_before=registered_before, at_most=at_most
    )
    return len(rows)


async def unclaimed_count(store: UnitOfWork, *, cap: int) -> int:
    """How many instances are unclaimed, counted no further than `cap`."""
    row = await store.row(_UNCLAIMED_UP_TO, cap=cap)
    return int(row["count"]) if row is not None else 0


async def delete_if_ephemeral(store: UnitOfWork, *, instance_id: str, now: datetime) -> None:
    """Delete the instance when it registered with an ephemeral key and nobody is signed in to it any more."""
    await store.write(_DELETE_EPHEMERAL, instance_id=instance_id, now=now)
