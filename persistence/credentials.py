"""Who a bearer credential belongs to, in one indexed read each.

An access token is found by the digest of its secret; the same read brings the session, the instance and
whether the call is due for recording, so that the operations an instance calls all day need no second one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, false, func, null, or_, select

from persistence.standing import in_good_standing
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_token = metadata.tables["access_token"]
_refresh = metadata.tables["refresh_token"]
_session = metadata.tables["session"]
_instance = metadata.tables["instance"]
_account = metadata.tables["account"]
_clock = metadata.tables["interaction_clock"]
_pat = metadata.tables["personal_access_token"]

_NOW: ColumnElement[datetime] = bindparam("now", type_=_token.c.expires_at.type)
_SINCE: ColumnElement[datetime | None] = bindparam("recorded_since", type_=_clock.c.at.type)

_recorded = exists(
    select(_clock.c.id).where(
        _clock.c.instance_id == _token.c.instance_id,
        _clock.c.operation == bindparam("operation"),
        case(
            (_session.c.user_id.is_(None), _clock.c.user_id.is_(None)),
            else_=_clock.c.user_id == _session.c.user_id,
        ),
        _clock.c.at > _SINCE,
    )
)
_session_is_live = or_(
    _token.c.session_id.is_(None),
    and_(
        _session.c.revoked_at.is_(None),
        _session.c.expires_at > _NOW,
        in_good_standing(user_id=_session.c.user_id, workspace_id=_instance.c.workspace_id),
    ),
)

_ACTIVE_ACCESS_TOKEN = Statement(
    select(
        _token.c.scopes,
        _token.c.created_at.label("token_created_at"),
        _token.c.expires_at.label("token_expires_at"),
        _instance.c.id.label("instance_id"),
        _instance.c.client_id,
        _instance.c.workspace_id,
        _instance.c.ephemeral,
        _session.c.id.label("session_id"),
        _session.c.user_id,
        _session.c.created_at,
        _session.c.expires_at,
        _session.c.generation,
        case((_SINCE.is_(None), false()), else_=~_recorded).label("record_due"),
    )
    .select_from(
        _token.join(_instance, _instance.c.id == _token.c.instance_id).outerjoin(
            _session, _session.c.id == _token.c.session_id
        )
    )
    .where(
        _token.c.token_hash == bindparam("token_hash"),
        _token.c.expires_at > _NOW,
        _token.c.revoked_at.is_(None),
        _session_is_live,
    )
)

_ACTIVE_PAT = Statement(
    select(_pat.c.id, _pat.c.user_id)
    .select_from(_pat.join(_account, _account.c.id == _pat.c.user_id))
    .where(
        _pat.c.token_hash == bindparam("token_hash"),
        _pat.c.revoked_at.is_(None),
        or_(_pat.c.expires_at.is_(null()), _pat.c.expires_at > _NOW),
        _account.c.disabled_at.is_(None),
    )
)

_ACTIVE_REFRESH_TOKEN = Statement(
    select(
        _session.c.scopes,
        _refresh.c.created_at.label("token_created_at"),
        _refresh.c.expires_at.label("token_expires_at"),
        _instance.c.id.label("instance_id"),
        _instance.c.client_id,
        _instance.c.workspace_id,
        _session.c.user_id,
    )
    .select_from(
        _refresh.join(_session, _session.c.id == _refresh.c.session_id).join(
            _instance, _instance.c.id == _session.c.instance_id
        )
    )
    .where(
        _refresh.c.token_hash == bindparam("token_hash"),
        _refresh.c.expires_at > _NOW,
        _refresh.c.consumed_at.is_(None),
        _session.c.revoked_at.is_(None),
        in_good_standing(user_id=_session.c.user_id, workspace_id=_instance.c.workspace_id),
    )
)

_PING = Statement(select(func.now().label("now")))


async def active_access_token(
    store: UnitOfWork,
    *,
    token_hash: bytes,
    now: datetime,
    operation: str = "",
    recorded_since: datetime | None = None,
) -> Record | None:
    """The token's facts, or None when it is unknown, expired, revoked, or its person may no longer act.

    `record_due` is true when nothing was recorded for this operation since `recorded_since` (None: never
    due).
    """
    return await store.row(
        _ACTIVE_ACCESS_TOKEN,
        token_hash=token_hash,
        now=now,
        operation=operation,
        recorded_since=recorded_since,
    )


async def active_personal_access_token(
    store: UnitOfWork, *, token_hash: bytes, now: datetime
) -> Record | None:
    """The token's id and owner, or None when it is unknown, expired, revoked, or its owner is disabled."""
    return await store.row(_ACTIVE_PAT, token_hash=token_hash, now=now)


async def active_refresh_token(store: UnitOfWork, *, token_hash: bytes, now: datetime) -> Record | None:
    """An unused refresh token's facts, or None."""
    return await store.row(_ACTIVE_REFRESH_TOKEN, token_hash=token_hash, now=now)


async def ping(store: UnitOfWork) -> None:
    """One round trip. Raises StoreUnavailable when the database cannot answer."""
    await store.row(_PING)
