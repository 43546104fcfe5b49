"""Accounts as the operator sees them: listed, disabled, enabled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CTE, bindparam, func, null, select, update

from persistence.plans import IN_FORCE
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_account = metadata.tables["account"]
_session = metadata.tables["session"]
_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]
_NOW = bindparam("now", type_=_account.c.created_at.type)

_PAGE = Statement(
    select(
        _account.c.id,
        _account.c.username,
        _account.c.email,
        _account.c.name,
        IN_FORCE.label("plan"),
        _account.c.email_verified_at,
        _account.c.disabled_at,
        _account.c.created_at,
    )
    .where(_account.c.id > bindparam("after", type_=_account.c.id.type))
    .order_by(_account.c.id)
    .limit(bindparam("at_most"))
)


def _counted_in_workspaces(changed: CTE) -> CTE:
    """Who may do what has changed in every workspace of the account: their generations say so."""
    workspaces = select(_member.c.workspace_id).where(_member.c.user_id.in_(select(changed.c.id)))
    return (
        update(_workspace)
        .where(_workspace.c.id.in_(workspaces))
        .values(generation=_workspace.c.generation + 1, updated_at=_NOW)
        .returning(_workspace.c.id)
        .cte("counted")
    )


_disabled = (
    update(_account)
    .where(_account.c.id == bindparam("user_id"), _account.c.disabled_at.is_(None))
    .values(disabled_at=_NOW, updated_at=_NOW)
    .returning(_account.c.id)
    .cte("disabled")
)
_ended = (
    update(_session)
    .where(_session.c.user_id.in_(select(_disabled.c.id)), _session.c.revoked_at.is_(None))
    .values(revoked_at=_NOW)
    .returning(_session.c.id)
    .cte("ended")
)
_DISABLE = Statement(
    select(select(func.count()).select_from(_ended).scalar_subquery().label("sessions_ended"))
    .select_from(_disabled)
    .add_cte(_counted_in_workspaces(_disabled))
)
_enabled = (
    update(_account)
    .where(_account.c.id == bindparam("user_id"), _account.c.disabled_at.is_not(None))
    .values(disabled_at=null(), updated_at=_NOW)
    .returning(_account.c.id)
    .cte("enabled")
)
_ENABLE = Statement(select(_enabled.c.id).select_from(_enabled).add_cte(_counted_in_workspaces(_enabled)))


async def page(store: UnitOfWork, *, after: str, at_most: int, now: datetime) -> Sequence[Record]:
    """Accounts by id, which is by the time of their creation, those after the id `after`, with the plan in
    force.
    """
    return await store.rows(_PAGE, after=after, at_most=at_most, now=now)


async def disable(store: UnitOfWork, *, user_id: str, now: datetime) -> int | None:
    """Disable the account and end its sessions for good; how many ended, or None when it was disabled
    already.
    """
    row = await store.write(_DISABLE, user_id=user_id, now=now)
    return row["sessions_ended"] if row is not None else None


async def enable(store: UnitOfWork, *, user_id: str, now: datetime) -> bool:
    """Let the account act again; False when it was not disabled. What ended stays ended."""
    return await store.write(_ENABLE, user_id=user_id, now=now) is not None
