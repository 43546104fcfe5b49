"""Which plan an account is on now, and what it switches on.

A plan that was granted until a moment is over when that moment is past, whoever looks and whether or not
anything ran in between: each statement here decides it for itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, bindparam, case, exists, func, literal, null, or_, select, update

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

FIRST: Final = "basic"
"""The plan of everybody who has been granted no other."""

_account = metadata.tables["account"]
_plan = metadata.tables["plan"]
_entitlement = metadata.tables["plan_entitlement"]
_NOW = bindparam("now", type_=_account.c.created_at.type)

_lasts = or_(_account.c.plan_until.is_(None), _account.c.plan_until > _NOW)
IN_FORCE: ColumnElement[str] = case((_lasts, _account.c.plan), else_=FIRST)
"""Of a row of `account`: its plan at the moment `now`."""

_entitlements = (
    select(func.array_agg(_entitlement.c.entitlement))
    .where(_entitlement.c.plan == IN_FORCE)
    .correlate(_account)
    .scalar_subquery()
    .label("entitlements")
)
_SHOWN = (
    _account.c.id,
    _account.c.username,
    _account.c.email,
    _account.c.name,
    _account.c.created_at,
    _account.c.updated_at,
    IN_FORCE.label("plan"),
    case((_lasts, _account.c.plan_until)).label("plan_until"),
    _entitlements,
)
_OF_ACCOUNT = Statement(select(*_SHOWN).where(_account.c.id == bindparam("user_id")))
_GRANT = Statement(
    update(_account)
    .where(
        _account.c.id == bindparam("user_id"),
        exists(select(literal(1)).select_from(_plan).where(_plan.c.name == bindparam("plan"))),
    )
    .values(plan=bindparam("plan"), plan_until=bindparam("until"), updated_at=_NOW)
    .returning(_account.c.id)
)
_END = Statement(
    update(_account)
    .where(_account.c.id == bindparam("user_id"), IN_FORCE != FIRST)
    .values(plan=FIRST, plan_until=null(), updated_at=_NOW)
    .returning(_account.c.id)
)


async def of_account(store: UnitOfWork, *, user_id: str, now: datetime) -> Record | None:
    """The account's public columns, its `plan` in force, until when (`plan_until`, None for no end) and its
    `entitlements` (None for none); None when there is no such account.
    """
    return await store.row(_OF_ACCOUNT, user_id=user_id, now=now)


async def grant(store: UnitOfWork, *, user_id: str, plan: str, until: datetime | None, now: datetime) -> bool:
    """Put the account on a plan, in place of what it had; False when there is no such plan or account."""
    return await store.write(_GRANT, user_id=user_id, plan=plan, until=until, now=now) is not None


async def end(store: UnitOfWork, *, user_id: str, now: datetime) -> bool:
    """Put the account on the first plan; False when it is on it."""
    return await store.write(_END, user_id=user_id, now=now) is not None
