"""Deleting an account with all that is kept of the person: what refers to it goes by foreign key, and what
only names it (counters, mails and sign-ups under its address) in the same statement.

Before that, what calls of the person lock is locked in their order: the instances that go, what belongs to
the person on any instance, and last the account. Foreign keys would do it the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, literal, select, update

from persistence.credits import wallets
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_account = metadata.tables["account"]
_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]
_instance = metadata.tables["instance"]
_attempt = metadata.tables["attempt"]
_mail = metadata.tables["mail"]
_device_grant = metadata.tables["device_grant"]
_request = metadata.tables["authorization_request"]
_session = metadata.tables["session"]
_wallet = metadata.tables["credit_wallet"]
_sign_up = metadata.tables["sign_up"]

_USER_ID = bindparam("user_id", type_=_account.c.id.type)
_deleted = (
    delete(_account)
    .where(_account.c.id == _USER_ID)
    .returning(_account.c.id, _account.c.email)
    .cte("deleted")
)
_owned = select(_workspace.c.id).where(_workspace.c.owner_id == _USER_ID)
# Who may do what changes in the workspaces of others that the person was a member of.
_left = (
    update(_workspace)
    .where(
        _workspace.c.id.in_(select(_member.c.workspace_id).where(_member.c.user_id == _USER_ID)),
        _workspace.c.owner_id != _USER_ID,
    )
    .values(
        generation=_workspace.c.generation + 1,
        updated_at=bindparam("now", type_=_workspace.c.updated_at.type),
    )
    .returning(_workspace.c.id)
    .cte("left_behind")
)
_counters = delete(_attempt).where(_attempt.c.subject == _USER_ID).returning(_attempt.c.kind).cte("counters")
# Those about the person went to addresses that the account had before, or was to have, too.
_mails = (
    delete(_mail)
    .where(_mail.c.to_address.in_(select(_deleted.c.email)) | (_mail.c.subject_id == _USER_ID))
    .returning(_mail.c.id)
    .cte("mails")
)
_sign_ups = (
    delete(_sign_up)
    .where(_sign_up.c.email.in_(select(_deleted.c.email)))
    .returning(_sign_up.c.id)
    .cte("sign_ups")
)
_DELETE = Statement(
    select(
        select(func.count()).select_from(_owned.subquery()).scalar_subquery().label("workspaces"),
        select(func.count())
        .where(_instance.c.workspace_id.in_(_owned))
        .select_from(_instance)
        .scalar_subquery()
        .label("instances"),
    )
    .select_from(_deleted)
    .add_cte(_left, _counters, _mails, _sign_ups)
)

_HOLD_INSTANCES = Statement(
    select(_instance.c.id)
    .where(_instance.c.workspace_id.in_(_owned))
    .order_by(_instance.c.id)
    .with_for_update()
)
_HOLD_WHAT_BELONGS_TO_THE_PERSON = tuple(
    Statement(
        select(literal(1)).select_from(table).where(table.c.user_id == _USER_ID).with_for_update(of=table)
    )
    for table in (_device_grant, _request, _session, _wallet)
)
# By itself, so that what the deletion finds is what calls that it waited for have left.
_HOLD_ACCOUNT = Statement(select(_account.c.id).where(_account.c.id == _USER_ID).with_for_update())


@dataclass(frozen=True, slots=True)
class Deleted:
    """How much went with an account."""

    workspaces: int
    instances: int


async def delete_account(store: UnitOfWork, *, user_id: str, now: datetime) -> Deleted | None:
    """Delete the account, the workspaces that it owns and their instances; None if there is none.

    To be called before anything else is written. The account has a wallet then, if it had none: whoever
    gives it credits in this moment locks that first, and could otherwise not be waited for in order.
    """
    await wallets.make(store, user_id=user_id, now=now)
    await store.write_rows(_HOLD_INSTANCES, user_id=user_id)
    for each in _HOLD_WHAT_BELONGS_TO_THE_PERSON:
        await store.write_rows(each, user_id=user_id)
    await store.write(_HOLD_ACCOUNT, user_id=user_id)
    row = await store.write(_DELETE, user_id=user_id, now=now)
    return Deleted(row["workspaces"], row["instances"]) if row is not None else None
