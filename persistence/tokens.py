"""Tokens of instances and of people's sessions: issuing, rotating and revoking, each decided by one
statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, literal, null, select, update

from persistence.held import held, held_instance
from persistence.standing import in_good_standing
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.token_rows import access_tokens, new_access, new_refresh
from persistence.unit_of_work import Record, UnitOfWork

_instance = metadata.tables["instance"]
_session = metadata.tables["session"]
_access = metadata.tables["access_token"]
_refresh = metadata.tables["refresh_token"]
_NOW = bindparam("now", type_=_access.c.created_at.type)

_ISSUE_INSTANCE_TOKEN = Statement(
    access_tokens(
        held(
            select(
                bindparam("token_hash", type_=_access.c.token_hash.type),
                _instance.c.id,
                null(),
                bindparam("scopes", type_=_access.c.scopes.type),
                _NOW,
                bindparam("expires_at", type_=_access.c.expires_at.type),
            ).where(_instance.c.id == bindparam("instance_id"))
        ),
    ).returning(literal(1))
)

_successor = _refresh.alias("successor")
_REFRESH_TOKEN = Statement(
    select(
        _refresh.c.session_id,
        _refresh.c.expires_at,
        _refresh.c.consumed_at,
        _refresh.c.successor_sealed,
        _successor.c.consumed_at.label("successor_consumed_at"),
        _session.c.scopes,
        _session.c.revoked_at,
    )
    .select_from(
        _refresh.join(_session, _session.c.id == _refresh.c.session_id).outerjoin(
            _successor, _successor.c.token_hash == _refresh.c.successor_hash
        )
    )
    .where(
        _refresh.c.token_hash == bindparam("token_hash"), _session.c.instance_id == bindparam("instance_id")
    )
)

_held = held_instance()
_live_session = (
    select(_session.c.id, _session.c.instance_id, _session.c.scopes)
    .select_from(_session.join(_held, _held.c.id == _session.c.instance_id))
    .where(
        _session.c.id == bindparam("session_id"),
        _session.c.revoked_at.is_(None),
        in_good_standing(user_id=_session.c.user_id, workspace_id=_held.c.workspace_id),
    )
    .with_for_update(of=_session)
    .cte("live_session")
)
_consumed = (
    update(_refresh)
    .where(
        _refresh.c.token_hash == bindparam("token_hash"),
        _refresh.c.session_id == _live_session.c.id,
        _refresh.c.consumed_at.is_(None),
        _refresh.c.expires_at > _NOW,
    )
    .values(
        consumed_at=_NOW,
        successor_hash=bindparam("refresh_hash"),
        successor_sealed=bindparam("successor_sealed"),
    )
    .returning(_refresh.c.session_id)
    .cte("consumed")
)
_extended = (
    update(_session)
    .where(_session.c.id == _consumed.c.session_id)
    .values(expires_at=bindparam("refresh_expires_at"))
    .returning(_session.c.id)
    .cte("extended")
)
_new_access = new_access(
    select(
        bindparam("access_hash", type_=_access.c.token_hash.type),
        _live_session.c.instance_id,
        _live_session.c.id,
        _live_session.c.scopes,
        _NOW,
        bindparam("access_expires_at", type_=_access.c.expires_at.type),
    ).where(_consumed.c.session_id == _live_session.c.id),
)
_new_refresh = new_refresh(
    select(
        bindparam("refresh_hash", type_=_refresh.c.token_hash.type),
        _consumed.c.session_id,
        _NOW,
        bindparam("refresh_expires_at", type_=_access.c.expires_at.type),
    ),
)
_ROTATE = Statement(
    select(_consumed.c.session_id).select_from(_consumed).add_cte(_extended, _new_access, _new_refresh)
)

_REVOKE_SESSION = Statement(
    update(_session)
    .where(_session.c.id == bindparam("session_id"))
    .values(revoked_at=case((_session.c.revoked_at.is_(None), _NOW), else_=_session.c.revoked_at))
    .returning(_session.c.instance_id)
)
_session_of_refresh = (
    select(_refresh.c.session_id).where(_refresh.c.token_hash == bindparam("token_hash")).scalar_subquery()
)
_REVOKE_SESSION_OF_REFRESH_TOKEN = Statement(
    update(_session)
    .where(
        _session.c.id == _session_of_refresh,
        _session.c.instance_id == bindparam("instance_id"),
        _session.c.revoked_at.is_(None),
    )
    .values(revoked_at=_NOW)
    .returning(_session.c.id)
)
_REVOKE_ACCESS_TOKEN = Statement(
    update(_access)
    .where(
        _access.c.token_hash == bindparam("token_hash"),
        _access.c.instance_id == bindparam("instance_id"),
        _access.c.revoked_at.is_(None),
    )
    .values(revoked_at=_NOW)
    .returning(_access.c.instance_id)
)


def issue_instance_token(
    store: UnitOfWork,
    *,
    token_hash: bytes,
    instance_id: str,
    scopes: Sequence[str],
    now: datetime,
    expires_at: datetime,
    otherwise: type[Exception],
) -> None:
    """At commit, store an instance's own token; `otherwise` when the instance is gone by then."""
    store.defer(
        _ISSUE_INSTANCE_TOKEN,
        otherwise=otherwise,
        token_hash=token_hash,
        instance_id=instance_id,
        scopes=scopes,
        now=now,
        expires_at=expires_at,
    )


async def refresh_token(store: UnitOfWork, *, token_hash: bytes, instance_id: str) -> Record | None:
    """A refresh token issued to this instance, used or not, with what its successor has become."""
    return await store.row(_REFRESH_TOKEN, token_hash=token_hash, instance_id=instance_id)


async def rotate(
    store: UnitOfWork,
    *,
    token_hash: bytes,
    session_id: str,
    instance_id: str,
    access_hash: bytes,
    refresh_hash: bytes,
    successor_sealed: bytes,
    now: datetime,
    access_expires_at: datetime,
    refresh_expires_at: datetime,
) -> bool:
    """Use a refresh token once and store its successors. The session's row is locked, so a revocation is
    before or after.

    False when it was used, revoked or expired meanwhile, or when its person may no longer act: nothing is
    stored then.
    """
    row = await store.write(
        _ROTATE,
        token_hash=token_hash,
        session_id=session_id,
        instance_id=instance_id,
        access_hash=access_hash,
        refresh_hash=refresh_hash,
        successor_sealed=successor_sealed,
        now=now,
        access_expires_at=access_expires_at,
        refresh_expires_at=refresh_expires_at,
    )
    return row is not None


def revoke_session(store: UnitOfWork, *, session_id: str, now: datetime) -> None:
    """At commit, end a session: every token of its family is dead from then on."""
    store.defer(_REVOKE_SESSION, session_id=session_id, now=now)


def revoke_by_refresh_token(store: UnitOfWork, *, token_hash: bytes, instance_id: str, now: datetime) -> None:
    """At commit, end the session of a refresh token of this instance; nothing happens for any other."""
    store.defer(_REVOKE_SESSION_OF_REFRESH_TOKEN, token_hash=token_hash, instance_id=instance_id, now=now)


def revoke_access_token(store: UnitOfWork, *, token_hash: bytes, instance_id: str, now: datetime) -> None:
    """At commit, end one access token of this instance; nothing happens for any other."""
    store.defer(_REVOKE_ACCESS_TOKEN, token_hash=token_hash, instance_id=instance_id, now=now)
