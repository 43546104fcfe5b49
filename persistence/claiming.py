"""An unclaimed instance is put into a workspace: by the operator, or by a person who holds its user code.

A person's claim is decided by the code that the instance shows, in the statement itself: a pending device
request that has not expired. Knowing an instance's id, or having read its code a while ago, claims nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from persistence.membership import PERSON
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_instance = metadata.tables["instance"]
_workspace = metadata.tables["workspace"]
_grant = metadata.tables["device_grant"]
_account = metadata.tables["account"]
_NOW = bindparam("now", type_=_instance.c.claimed_at.type)
_CALLED = bindparam("called", type_=_instance.c.id.type)

_OWNERS_ADDRESS = (
    select(_account.c.email)
    .select_from(_account.join(_workspace, _workspace.c.owner_id == _account.c.id))
    .where(_workspace.c.id == _instance.c.workspace_id)
    .correlate(_instance)
    .scalar_subquery()
    .label("owners_address")
)
_CLAIM = Statement(
    update(_instance)
    .where(
        or_(_instance.c.id == _CALLED, _instance.c.client_id == _CALLED), _instance.c.workspace_id.is_(None)
    )
    .values(workspace_id=bindparam("workspace_id"), name=bindparam("name"), claimed_at=_NOW)
    .returning(_instance.c.id, _instance.c.client_id, _OWNERS_ADDRESS)
)
_CLAIM_BY_CODE = Statement(
    update(_instance)
    .where(
        _grant.c.user_code_hash == bindparam("user_code_hash"),
        _grant.c.state == "pending",
        _grant.c.expires_at > _NOW,
        _instance.c.id == _grant.c.instance_id,
        _instance.c.workspace_id.is_(None),
        _workspace.c.id == bindparam("workspace_id"),
        _workspace.c.owner_id == PERSON,
        _account.c.id == _workspace.c.owner_id,
    )
    .values(workspace_id=_workspace.c.id, name=bindparam("name"), claimed_at=_NOW)
    .returning(_instance.c.id, _instance.c.client_id, _account.c.email.label("owners_address"))
)


async def claim(
    store: UnitOfWork, *, called: str, workspace_id: str, name: str, now: datetime
) -> Record | None:
    """Put the instance with this id or client id into a workspace if it is in none: `id`, `client_id` and the
    e-mail address of the workspace's owner.

    None when there is no such instance.
    """
    return await store.write(_CLAIM, called=called, workspace_id=workspace_id, name=name, now=now)


async def claim_by_code(
    store: UnitOfWork, *, user_code_hash: bytes, user_id: str, workspace_id: str, name: str, now: datetime
) -> Record | None:
    """Put the unclaimed instance that waits with this code into a workspace that the person owns; the answer
    is that of `claim`.

    None when nothing unclaimed waits with it, or the person does not own the workspace.
    """
    return await store.write(
        _CLAIM_BY_CODE,
        user_code_hash=user_code_hash,
        user_id=user_id,
        workspace_id=workspace_id,
        name=name,
        now=now,
    )
