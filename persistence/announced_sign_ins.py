"""What is told of a sign-in to whoever the account belongs to."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_sign_in = metadata.tables["sign_in"]

_ANNOUNCED = Statement(
    select(_sign_in.c.browser, _sign_in.c.platform, _sign_in.c.ip, _sign_in.c.created_at).where(
        _sign_in.c.id == bindparam("id")
    )
)


async def announced(store: UnitOfWork, *, sign_in_id: str) -> Record | None:
    """`browser`, `platform`, `ip` and `created_at` of a sign-in, ended or not; None when it is gone."""
    return await store.row(_ANNOUNCED, id=sign_in_id)
