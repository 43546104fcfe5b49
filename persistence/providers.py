"""Whoever runs language models: where they are, and the sealed keys under which they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Integer, bindparam, cast, extract, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_provider = metadata.tables["provider"]
_key = metadata.tables["provider_key"]

_ADD = Statement(
    upsert(_provider)
    .values(name=bindparam("name"), base_url=bindparam("base_url"), created_at=bindparam("now"))
    .on_conflict_do_nothing()
    .returning(_provider.c.name)
)
_ALL = Statement(
    select(_provider.c.name, _provider.c.base_url, _key.c.set_at.label("key_set_at"), _provider.c.created_at)
    .select_from(_provider.outerjoin(_key, _key.c.provider == _provider.c.name))
    .order_by(_provider.c.name)
)
_ONE = Statement(
    select(_provider.c.name, _provider.c.base_url).where(_provider.c.name == bindparam("provider_name"))
)
_SET_KEY = Statement(
    upsert(_key)
    .values(provider=bindparam("provider_name"), key_sealed=bindparam("key_sealed"), set_at=bindparam("now"))
    .on_conflict_do_nothing()
    .returning(_key.c.provider)
)
_ROTATE_KEY = Statement(
    update(_key)
    .where(_key.c.provider == bindparam("provider_name"))
    .values(key_sealed=bindparam("key_sealed"), set_at=bindparam("now"))
    .returning(_key.c.provider)
)
_KEYS = Statement(select(_key.c.provider, _key.c.set_at).order_by(_key.c.provider))

_DAY_S: Final = 86_400
KEY_AGES: Final = Statement(
    select(
        _key.c.provider.label("state"),
        cast(func.floor(extract("epoch", func.now() - _key.c.set_at) / _DAY_S), Integer).label("count"),
    )
)
"""How many days old the key of each provider is, by the database's clock."""


async def add(store: UnitOfWork, *, name: str, base_url: str, now: datetime) -> bool:
    """Add a provider. False when there is one of that name."""
    return await store.write(_ADD, name=name, base_url=base_url, now=now) is not None


async def every(store: UnitOfWork) -> Sequence[Record]:
    """All of them by name: name, base_url (None: the server's own), key_set_at (None: no key), created_at."""
    return await store.rows(_ALL)


async def named(store: UnitOfWork, *, name: str) -> Record | None:
    """The provider of that name: name and base_url."""
    return await store.row(_ONE, provider_name=name)


async def set_key(store: UnitOfWork, *, provider: str, key_sealed: bytes, now: datetime) -> bool:
    """Keep a provider's first key. False when it has one."""
    changed = await store.write(_SET_KEY, provider_name=provider, key_sealed=key_sealed, now=now)
    return changed is not None


async def rotate_key(store: UnitOfWork, *, provider: str, key_sealed: bytes, now: datetime) -> bool:
    """Keep a key in place of the one before. False when there was none."""
    changed = await store.write(_ROTATE_KEY, provider_name=provider, key_sealed=key_sealed, now=now)
    return changed is not None


async def keys(store: UnitOfWork) -> Sequence[Record]:
    """Which providers have a key, and since when: provider, set_at."""
    return await store.rows(_KEYS)
