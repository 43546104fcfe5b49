"""The states of a device authorization (RFC 8628), each transition one conditional statement, so that
parallel callers see one winner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, case, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.held import held, held_instance, held_person
from persistence.session_rows import opened_for, with_offline
from persistence.standing import in_good_standing
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_grant = metadata.tables["device_grant"]
_instance = metadata.tables["instance"]
_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]
_NOW = bindparam("now", type_=_grant.c.created_at.type)

_started = {
    "state": literal("pending"),
    "created_at": _NOW,
    **{
        name: bindparam(name, type_=_grant.c[name].type)
        for name in (
            "device_code_hash",
            "user_code_hash",
            "scopes",
            "granted_scopes",
            "requested_from",
            "interval_s",
            "expires_at",
        )
    },
}
_START = Statement(
    insert(_grant)
    .from_select(
        ["instance_id", *_started],
        held(select(_instance.c.id, *_started.values()).where(_instance.c.id == bindparam("instance_id"))),
    )
    .on_conflict_do_nothing()
    .returning(_grant.c.expires_at)
)

_is_member = exists(
    select(literal(1))
    .select_from(_member)
    .where(_member.c.workspace_id == _instance.c.workspace_id, _member.c.user_id == bindparam("user_id"))
)
_PENDING = Statement(
    select(
        _grant.c.scopes,
        _grant.c.created_at,
        _grant.c.expires_at,
        _grant.c.requested_from,
        _instance.c.id.label("instance_id"),
        _instance.c.client_id,
        _instance.c.client_name,
        _instance.c.name,
        _instance.c.workspace_id,
        _instance.c.registered_at,
        _instance.c.claimed_at,
    )
    .select_from(_grant.join(_instance, _instance.c.id == _grant.c.instance_id))
    .where(
        _grant.c.user_code_hash == bindparam("user_code_hash"),
        _grant.c.state == "pending",
        _grant.c.expires_at > _NOW,
        or_(_instance.c.workspace_id.is_(None), _is_member),
    )
)


_person = held_person()


def _decision(state: str, *, unclaimed_too: bool) -> Statement:
    may_decide = or_(_instance.c.workspace_id.is_(None), _is_member) if unclaimed_too else _is_member
    return Statement(
        update(_grant)
        .where(
            _grant.c.user_code_hash == bindparam("user_code_hash"),
            _grant.c.state == "pending",
            _grant.c.expires_at > _NOW,
            _instance.c.id == _grant.c.instance_id,
            may_decide,
        )
        .values(state=state, user_id=_person.c.id, granted_scopes=bindparam("granted_scopes"))
        .returning(_grant.c.state)
    )


_APPROVE = _decision("approved", unclaimed_too=False)
_DENY = _decision("denied", unclaimed_too=True)

_GRANT_OF_CLIENT = Statement(
    select(_grant.c.state, _grant.c.expires_at).where(
        _grant.c.device_code_hash == bindparam("device_code_hash"),
        _grant.c.instance_id == bindparam("instance_id"),
    )
)

_before = (
    select(_grant.c.device_code_hash, _grant.c.last_polled_at, _grant.c.interval_s)
    .where(_grant.c.device_code_hash == bindparam("device_code_hash"))
    .with_for_update()
    .cte("before")
)
_was_early = and_(
    _before.c.last_polled_at.is_not(None),
    _before.c.last_polled_at + func.make_interval(0, 0, 0, 0, 0, 0, _before.c.interval_s) > _NOW,
)
_POLL = Statement(
    update(_grant)
    .where(_grant.c.device_code_hash == _before.c.device_code_hash)
    .values(
        interval_s=case(
            (
                _was_early,
                func.least(
                    _grant.c.interval_s + 5, bindparam("longest_interval_s", type_=_grant.c.interval_s.type)
                ),
            ),
            else_=_grant.c.interval_s,
        ),
        last_polled_at=case((_was_early, _grant.c.last_polled_at), else_=_NOW),
    )
    .returning(_was_early.label("early"))
)

_held = held_instance()
_consumed = (
    update(_grant)
    .where(
        _grant.c.device_code_hash == bindparam("device_code_hash"),
        _grant.c.instance_id == _held.c.id,
        _grant.c.state == "approved",
        _grant.c.expires_at > _NOW,
    )
    .values(state="redeemed")
    .returning(_grant.c.instance_id, _grant.c.user_id, _grant.c.granted_scopes)
    .cte("consumed")
)
_SCOPES = _consumed.c.granted_scopes
_entitled = (
    select(
        _consumed.c.instance_id,
        _consumed.c.user_id,
        _SCOPES.label("scopes"),
        _workspace.c.id.label("workspace_id"),
        _workspace.c.generation,
        with_offline(_SCOPES).label("offline"),
    )
    .select_from(
        _consumed.join(_held, _held.c.id == _consumed.c.instance_id).join(
            _workspace, _workspace.c.id == _held.c.workspace_id
        )
    )
    .where(in_good_standing(user_id=_consumed.c.user_id, workspace_id=_workspace.c.id))
    .cte("entitled")
)
_REDEEM = opened_for(_entitled)


async def start(
    store: UnitOfWork,
    *,
    device_code_hash: bytes,
    user_code_hash: bytes,
    instance_id: str,
    scopes: Sequence[str],
    requested_from: str | None,
    interval_s: int,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Store a pending request; False when the user code is taken, which calls for another, or when the
    instance is gone.
    """
    row = await store.write(
        _START,
        device_code_hash=device_code_hash,
        user_code_hash=user_code_hash,
        instance_id=instance_id,
        scopes=scopes,
        granted_scopes=(),
        requested_from=requested_from,
        interval_s=interval_s,
        now=now,
        expires_at=expires_at,
    )
    return row is not None


async def pending_request(
    store: UnitOfWork, *, user_code_hash: bytes, user_id: str, now: datetime
) -> Record | None:
    """The pending request that this person may decide about, or None. Unclaimed instances may be looked at
    by anyone.
    """
    return await store.row(_PENDING, user_code_hash=user_code_hash, user_id=user_id, now=now)


async def approve(
    store: UnitOfWork, *, user_code_hash: bytes, user_id: str, granted_scopes: Sequence[str], now: datetime
) -> bool:
    """pending -> approved by a member of the instance's workspace; False when it was not pending for that
    person.
    """
    row = await store.write(
        _APPROVE, user_code_hash=user_code_hash, user_id=user_id, granted_scopes=granted_scopes, now=now
    )
    return row is not None


async def deny(store: UnitOfWork, *, user_code_hash: bytes, user_id: str, now: datetime) -> bool:
    """pending -> denied; False when it was not pending for that person."""
    row = await store.write(_DENY, user_code_hash=user_code_hash, user_id=user_id, granted_scopes=(), now=now)
    return row is not None


async def grant_of_client(store: UnitOfWork, *, device_code_hash: bytes, instance_id: str) -> Record | None:
    """State and expiry of a device code, if it was issued to this instance."""
    return await store.row(_GRANT_OF_CLIENT, device_code_hash=device_code_hash, instance_id=instance_id)


async def poll_was_early(
    store: UnitOfWork, *, device_code_hash: bytes, longest_interval_s: int, now: datetime
) -> bool:
    """Note a poll. True when it came before the interval was over, which then grew by 5 s up to the longest.

    An early poll does not move the moment from which the interval counts, so a client that obeys always
    recovers.
    """
    row = await store.write(
        _POLL, device_code_hash=device_code_hash, longest_interval_s=longest_interval_s, now=now
    )
    return row is not None and bool(row["early"])


async def redeem(
    store: UnitOfWork,
    *,
    device_code_hash: bytes,
    instance_id: str,
    session_id: str,
    access_hash: bytes,
    refresh_hash: bytes,
    now: datetime,
    access_expires_at: datetime,
    refresh_expires_at: datetime,
) -> Record | None:
    """approved -> redeemed, with session and tokens, in one statement; the granted scopes, or None.

    None when another call was first, and when the person is disabled, is no longer a member, or the
    instance has moved.
    """
    return await store.write(
        _REDEEM,
        device_code_hash=device_code_hash,
        instance_id=instance_id,
        session_id=session_id,
        access_hash=access_hash,
        refresh_hash=refresh_hash,
        now=now,
        access_expires_at=access_expires_at,
        refresh_expires_at=refresh_expires_at,
    )
