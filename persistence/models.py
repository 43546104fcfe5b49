"""The language models that people may choose: added, listed, taken off the list and put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_model = metadata.tables["model"]
_NOW = bindparam("now", type_=_model.c.created_at.type)

_ADD = Statement(
    insert(_model)
    .values(
        id=bindparam("id"),
        name=bindparam("name"),
        provider=bindparam("provider"),
        upstream=bindparam("upstream"),
        token_credit=bindparam("token_credit"),
        context=bindparam("context"),
        max_output=bindparam("max_output"),
        created_at=_NOW,
    )
    .on_conflict_do_nothing()
    .returning(_model.c.id)
)
_ALL = Statement(select(*_model.c).order_by(_model.c.id))
_DISABLE = Statement(
    update(_model)
    .where(_model.c.id == bindparam("model_id"), _model.c.disabled_at.is_(None))
    .values(disabled_at=_NOW)
    .returning(_model.c.id)
)
_ENABLE = Statement(
    update(_model)
    .where(_model.c.id == bindparam("model_id"), _model.c.disabled_at.is_not(None))
    .values(disabled_at=null())
    .returning(_model.c.id)
)


async def add(
    store: UnitOfWork,
    *,
    id: str,
    name: str,
    provider: str,
    upstream: str,
    token_credit: int,
    context: int,
    max_output: int,
    now: datetime,
) -> bool:
    """Add a model of a provider that there is. False when there is a model of that id."""
    added = await store.write(
        _ADD,
        id=id,
        name=name,
        provider=provider,
        upstream=upstream,
        token_credit=token_credit,
        context=context,
        max_output=max_output,
        now=now,
    )
    return added is not None


async def every(store: UnitOfWork) -> Sequence[Record]:
    """All of them by id, with every column."""
    return await store.rows(_ALL)


async def disable(store: UnitOfWork, *, id: str, now: datetime) -> bool:
    """Take a model off the list. False when it is not on it."""
    return await store.write(_DISABLE, model_id=id, now=now) is not None


async def enable(store: UnitOfWork, *, id: str) -> bool:
    """Put it back. False when it is not a model that was taken off."""
    return await store.write(_ENABLE, model_id=id) is not None
