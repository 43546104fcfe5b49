"""What the owner of an account changes about it, decided in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, exists, func, literal, select, true, update

from persistence import account_names
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_account = metadata.tables["account"]
_sign_up = metadata.tables["sign_up"]

_NOW = bindparam("now", type_=_account.c.updated_at.type)
_ID = bindparam("user_id", type_=_account.c.id.type)
_USERNAME = bindparam("username", type_=_account.c.username.type)
_HASH = bindparam("password_hash", type_=_account.c.password_hash.type)
_WAS = bindparam("was", type_=_account.c.password_hash.type)

_other = _account.alias("other")
_outlook = select(
    (
        exists(
            select(literal(1)).select_from(_other).where(_other.c.username == _USERNAME, _other.c.id != _ID)
        )
        | exists(
            select(literal(1))
            .select_from(_sign_up)
            .where(_sign_up.c.username == _USERNAME, _sign_up.c.expires_at > _NOW)
        )
    ).label("taken")
).cte("outlook")
_changed = (
    update(_account)
    .where(
        ~_outlook.c.taken,
        _account.c.id == _ID,
        _account.c.disabled_at.is_(None),
        _account.c.password_hash.is_not_distinct_from(_WAS),
    )
    .values(
        username=func.coalesce(_USERNAME, _account.c.username),
        name=bindparam("name"),
        password_hash=func.coalesce(_HASH, _account.c.password_hash),
        updated_at=_NOW,
    )
    .returning(_account.c.id)
    .cte("changed")
)
_CHANGE = Statement(select(_outlook.c.taken, _changed.c.id).select_from(_outlook.outerjoin(_changed, true())))


async def change(
    store: UnitOfWork,
    *,
    user_id: str,
    username: str | None,
    name: str,
    password_hash: str | None,
    was: str | None,
    now: datetime,
) -> Literal["changed", "username_taken", "overtaken"]:
    """Set the name, and username and password hash unless they are None.

    `overtaken` when the password's hash is not `was` any more, or the account is gone or disabled.
    """
    await account_names.hold(store)
    row = await store.write(
        _CHANGE,
        user_id=user_id,
        username=username,
        name=name,
        password_hash=password_hash,
        was=was,
        now=now,
    )
    assert row is not None
    if row["taken"]:
        return "username_taken"
    return "changed" if row["id"] is not None else "overtaken"
