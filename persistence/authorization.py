"""The states of an authorization request (RFC 6749 section 4.1), each transition one conditional statement,
so that parallel callers see one winner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.held import held, held_instance, held_person
from persistence.session_rows import SESSION_ID, opened_for, with_offline
from persistence.standing import in_good_standing
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_request = metadata.tables["authorization_request"]
_instance = metadata.tables["instance"]
_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]
_session = metadata.tables["session"]
_NOW = bindparam("now", type_=_request.c.created_at.type)

_started = {
    "state": literal("pending"),
    "created_at": _NOW,
    **{
        name: bindparam(name, type_=_request.c[name].type)
        for name in (
            "handle_hash",
            "redirect_uri",
            "scopes",
            "granted_scopes",
            "client_state",
            "code_challenge",
            "expires_at",
        )
    },
}
_START = Statement(
    insert(_request)
    .from_select(
        ["instance_id", *_started],
        held(select(_instance.c.id, *_started.values()).where(_instance.c.id == bindparam("instance_id"))),
    )
    .returning(_request.c.expires_at)
)

_is_pending = and_(
    _request.c.handle_hash == bindparam("handle_hash"),
    _request.c.state == "pending",
    _request.c.expires_at > _NOW,
)
_is_member = exists(
    select(literal(1))
    .select_from(_member)
    .where(_member.c.workspace_id == _instance.c.workspace_id, _member.c.user_id == bindparam("user_id"))
)
_is_unclaimed = _instance.c.workspace_id.is_(None)

_PENDING = Statement(
    select(
        _request.c.scopes,
        _request.c.redirect_uri,
        _request.c.client_state,
        _request.c.created_at,
        _request.c.expires_at,
        _instance.c.id.label("instance_id"),
        _instance.c.client_id,
        _instance.c.client_name,
        _instance.c.name,
        _instance.c.workspace_id,
        _instance.c.registered_at,
        _workspace.c.name.label("workspace_name"),
    )
    .select_from(
        _request.join(_instance, _instance.c.id == _request.c.instance_id).outerjoin(
            _workspace, _workspace.c.id == _instance.c.workspace_id
        )
    )
    .where(_is_pending, or_(_is_unclaimed, _is_member))
)
_person = held_person()
_APPROVE = Statement(
    update(_request)
    .where(_is_pending, _instance.c.id == _request.c.instance_id, _is_member)
    .values(
        state="approved",
        user_id=_person.c.id,
        granted_scopes=bindparam("granted_scopes"),
        code_hash=bindparam("code_hash"),
        client_state=null(),
        expires_at=bindparam("code_expires_at"),
    )
    .returning(_request.c.state)
)
_DENY = Statement(
    update(_request)
    .where(_is_pending, _instance.c.id == _request.c.instance_id, or_(_is_unclaimed, _is_member))
    .values(state="denied", user_id=_person.c.id, client_state=null())
    .returning(_request.c.state)
)

_held = held_instance()
_is_of_client = and_(
    _request.c.code_hash == bindparam("code_hash"), _request.c.instance_id == bindparam("instance_id")
)
# Whoever may not act on the instance any more consumes nothing: what is redeemed names a session that exists.
_consumed = (
    update(_request)
    .where(
        _is_of_client,
        _request.c.state == "approved",
        _request.c.expires_at > _NOW,
        _request.c.redirect_uri == bindparam("redirect_uri"),
        _request.c.code_challenge == bindparam("code_challenge"),
        _workspace.c.id == _held.c.workspace_id,
        in_good_standing(user_id=_request.c.user_id, workspace_id=_workspace.c.id),
    )
    .values(state="redeemed", session_id=SESSION_ID)
    .returning(
        _request.c.instance_id,
        _request.c.user_id,
        _request.c.granted_scopes.label("scopes"),
        _workspace.c.id.label("workspace_id"),
        _workspace.c.generation,
        with_offline(_request.c.granted_scopes).label("offline"),
    )
    .cte("consumed")
)
_REDEEM = opened_for(_consumed)
_REVOKE_WHAT_IT_GAVE = Statement(
    update(_session)
    .where(
        _session.c.id == _request.c.session_id,
        _is_of_client,
        _request.c.state == "redeemed",
        _session.c.revoked_at.is_(None),
    )
    .values(revoked_at=_NOW)
    .returning(_session.c.id)
)


async def start(
    store: UnitOfWork,
    *,
    handle_hash: bytes,
    instance_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    client_state: str | None,
    code_challenge: bytes,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Store a pending request; False when the instance is gone."""
    row = await store.write(
        _START,
        handle_hash=handle_hash,
        instance_id=instance_id,
        redirect_uri=redirect_uri,
        scopes=scopes,
        granted_scopes=(),
        client_state=client_state,
        code_challenge=code_challenge,
        now=now,
        expires_at=expires_at,
    )
    return row is not None


async def pending_request(
    store: UnitOfWork, *, handle_hash: bytes, user_id: str, now: datetime
) -> Record | None:
    """The pending request that this person may decide about, or None. Unclaimed instances may be looked at
    by anyone.
    """
    return await store.row(_PENDING, handle_hash=handle_hash, user_id=user_id, now=now)


async def approve(
    store: UnitOfWork,
    *,
    handle_hash: bytes,
    user_id: str,
    granted_scopes: Sequence[str],
    code_hash: bytes,
    code_expires_at: datetime,
    now: datetime,
) -> bool:
    """pending -> approved by a member of the instance's workspace, from when on there is a code; False when
    it was not pending for that person. What the client gave to have back is forgotten.
    """
    row = await store.write(
        _APPROVE,
        handle_hash=handle_hash,
        user_id=user_id,
        granted_scopes=granted_scopes,
        code_hash=code_hash,
        code_expires_at=code_expires_at,
        now=now,
    )
    return row is not None


async def deny(store: UnitOfWork, *, handle_hash: bytes, user_id: str, now: datetime) -> bool:
    """pending -> denied; False when it was not pending for that person."""
    return await store.write(_DENY, handle_hash=handle_hash, user_id=user_id, now=now) is not None


async def redeem(
    store: UnitOfWork,
    *,
    code_hash: bytes,
    instance_id: str,
    redirect_uri: str,
    code_challenge: bytes,
    session_id: str,
    access_hash: bytes,
    refresh_hash: bytes,
    now: datetime,
    access_expires_at: datetime,
    refresh_expires_at: datetime,
) -> Record | None:
    """approved -> redeemed, with session and tokens, in one statement; the granted scopes, or None.

    None when another call was first, when it is another client's code, address or challenge, and when the
    person is disabled or no longer a member: nothing has changed then.
    """
    return await store.write(
        _REDEEM,
        code_hash=code_hash,
        instance_id=instance_id,
        redirect_uri=redirect_uri,
        code_challenge=code_challenge,
        session_id=session_id,
        access_hash=access_hash,
        refresh_hash=refresh_hash,
        now=now,
        access_expires_at=access_expires_at,
        refresh_expires_at=refresh_expires_at,
    )


async def revoke_what_it_gave(
    store: UnitOfWork, *, code_hash: bytes, instance_id: str, now: datetime
) -> bool:
    """End the session that this client's code gave; False when it gave none, or that has ended already."""
    row = await store.write(_REVOKE_WHAT_IT_GAVE, code_hash=code_hash, instance_id=instance_id, now=now)
    return row is not None
