"""People as the operations see them, and the owner and workspace of an instance."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_account = metadata.tables["account"]
_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]

_ACCOUNT = Statement(select(_account).where(_account.c.id == bindparam("user_id")))
_ACCOUNT_BY_NAME = Statement(
    select(_account.c.id).where(
        or_(
            func.lower(_account.c.email) == func.lower(bindparam("name", type_=_account.c.email.type)),
            _account.c.username == bindparam("name", type_=_account.c.email.type),
        )
    )
)
_REHASH = Statement(
    update(_account)
    .where(_account.c.id == bindparam("user_id"), _account.c.password_hash == bindparam("was"))
    .values(password_hash=bindparam("password_hash"))
    .returning(_account.c.id)
)
_WORKSPACE = Statement(select(_workspace).where(_workspace.c.id == bindparam("workspace_id")))
_OWN_WORKSPACE = Statement(
    select(_workspace.c.id)
    .where(_workspace.c.owner_id == bindparam("user_id"))
    .order_by(_workspace.c.created_at, _workspace.c.id)
    .limit(1)
)
_CREATE_ACCOUNT = Statement(
    insert(_account)
    .values(
        id=bindparam("id"),
        username=bindparam("username"),
        email=bindparam("email"),
        name=bindparam("name"),
        password_hash=bindparam("password_hash"),
        plan=bindparam("plan"),
        email_verified_at=bindparam("email_verified_at"),
        created_at=bindparam("now"),
        updated_at=bindparam("now"),
    )
    .on_conflict_do_nothing()
    .returning(_account.c.id)
)
_NOW = bindparam("now", type_=_workspace.c.created_at.type)
_new_workspace = (
    insert(_workspace)
    .values(
        id=bindparam("id"),
        name=bindparam("name"),
        owner_id=bindparam("owner_id"),
        generation=1,
        created_at=_NOW,
        updated_at=_NOW,
    )
    .returning(_workspace.c.id, _workspace.c.owner_id)
    .cte("new_workspace")
)
_CREATE_WORKSPACE = Statement(
    insert(_member)
    .from_select(
        ["workspace_id", "user_id", "created_at"],
        select(_new_workspace.c.id, _new_workspace.c.owner_id, _NOW),
    )
    .returning(literal(1))
)


async def account(store: UnitOfWork, *, user_id: str) -> Record | None:
    """The account's columns. Which plan is in force, persistence.plans tells."""
    return await store.row(_ACCOUNT, user_id=user_id)


async def rehash(store: UnitOfWork, *, user_id: str, was: str, password_hash: str) -> bool:
    """Store the same password under newer parameters, unless it was changed meanwhile."""
    row = await store.write(_REHASH, user_id=user_id, was=was, password_hash=password_hash)
    return row is not None


async def account_id(store: UnitOfWork, *, name: str) -> str | None:
    """The id of the account with this e-mail address (in any capitals) or username."""
    row = await store.row(_ACCOUNT_BY_NAME, name=name)
    return row["id"] if row is not None else None


async def workspace(store: UnitOfWork, *, workspace_id: str) -> Record | None:
    """The workspace's columns, or None."""
    return await store.row(_WORKSPACE, workspace_id=workspace_id)


async def own_workspace_id(store: UnitOfWork, *, user_id: str) -> str | None:
    """The first workspace that the account owns."""
    row = await store.row(_OWN_WORKSPACE, user_id=user_id)
    return row["id"] if row is not None else None


async def create_account(
    store: UnitOfWork,
    *,
    id: str,
    username: str,
    email: str,
    name: str,
    password_hash: str | None,
    plan: str,
    email_verified_at: datetime | None,
    now: datetime,
) -> bool:
    """Store an account; False when the username or the e-mail address is taken."""
    row = await store.write(
        _CREATE_ACCOUNT,
        id=id,
        username=username,
        email=email,
        name=name,
        password_hash=password_hash,
        plan=plan,
        email_verified_at=email_verified_at,
        now=now,
    )
    return row is not None


async def create_workspace(store: UnitOfWork, *, id: str, name: str, owner_id: str, now: datetime) -> None:
    """Store a workspace with its owner as the first member."""
    await store.write(_CREATE_WORKSPACE, id=id, name=name, owner_id=owner_id, now=now)
