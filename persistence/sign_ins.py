"""Browsers' sign-ins: one statement for each thing that happens to them.

A sign-in is a family of token pairs. Its row is locked wherever a pair is used up, so that a revocation comes
before or after and never in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Interval,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_sign_in = metadata.tables["sign_in"]
_token = metadata.tables["sign_in_token"]
_account = metadata.tables["account"]

_MOMENT = _sign_in.c.created_at.type
_ID = _sign_in.c.id.type
_NOW: ColumnElement[datetime] = bindparam("now", type_=_MOMENT)
_DIGEST = _token.c.refresh_hash.type

_PERSON = Statement(
    select(_account.c.id, _account.c.password_hash, _account.c.disabled_at).where(
        (_account.c.email == bindparam("called")) | (_account.c.username == bindparam("called"))
    )
)

_live = and_(_sign_in.c.revoked_at.is_(None), _sign_in.c.expires_at > _NOW, _account.c.disabled_at.is_(None))
_BY_ACCESS = Statement(
    select(_sign_in.c.id, _sign_in.c.user_id)
    .select_from(
        _token.join(_sign_in, _sign_in.c.id == _token.c.sign_in_id).join(
            _account, _account.c.id == _sign_in.c.user_id
        )
    )
    .where(_token.c.access_hash == bindparam("token_hash"), _token.c.access_expires_at > _NOW, _live)
)

_successor = _token.alias("successor")
_BY_REFRESH = Statement(
    select(
        _sign_in.c.id,
        _sign_in.c.user_id,
        _token.c.consumed_at,
        _token.c.successor_sealed,
        _successor.c.consumed_at.label("successor_consumed_at"),
    )
    .select_from(
        _token.join(_sign_in, _sign_in.c.id == _token.c.sign_in_id)
        .join(_account, _account.c.id == _sign_in.c.user_id)
        .outerjoin(_successor, _successor.c.refresh_hash == _token.c.successor_hash)
    )
    .where(_token.c.refresh_hash == bindparam("token_hash"), _token.c.refresh_expires_at > _NOW, _live)
)

_earlier = _sign_in.alias("earlier")
_IP = cast(bindparam("ip", type_=_sign_in.c.ip.type), _sign_in.c.ip.type)
# What a provider has together, by and large: another address of it is no news.
_network = func.network(func.set_masklen(_IP, case((func.family(_IP) == 4, 16), else_=32)))
_its_earlier = select(_earlier.c.id).where(_earlier.c.user_id == bindparam("user_id", type_=_ID))
_is_known = exists(
    _its_earlier.where(
        _earlier.c.browser == bindparam("browser", type_=_sign_in.c.browser.type),
        _earlier.c.platform == bindparam("platform", type_=_sign_in.c.platform.type),
    )
) & or_(_IP.is_(None), exists(_its_earlier.where(_earlier.c.ip.op("<<=")(_network))))
# Of an account that is older nothing may be left to compare with.
_is_first = ~exists(_its_earlier) & exists(
    select(_account.c.id).where(
        _account.c.id == bindparam("user_id", type_=_ID),
        _account.c.created_at > _NOW - literal(timedelta(days=1), Interval),
    )
)
# Only for an account that may sign in at this very moment, with the password that was verified a moment ago.
_begun = (
    insert(_sign_in)
    .from_select(
        ["id", "user_id", "ip", "browser", "platform", "created_at", "refreshed_at", "expires_at"],
        select(
            bindparam("id", type_=_ID),
            _account.c.id,
            _IP,
            bindparam("browser", type_=_sign_in.c.browser.type),
            bindparam("platform", type_=_sign_in.c.platform.type),
            _NOW,
            _NOW,
            bindparam("refresh_expires_at", type_=_MOMENT),
        )
        .where(
            _account.c.id == bindparam("user_id", type_=_ID),
            _account.c.disabled_at.is_(None),
            _account.c.password_hash == bindparam("password_hash", type_=_account.c.password_hash.type),
        )
        .with_for_update(read=True),
    )
    .returning(_sign_in.c.id)
    .cte("begun")
)
_PAIR = ["refresh_hash", "access_hash", "sign_in_id", "created_at", "access_expires_at", "refresh_expires_at"]


def _pair_of(sign_in_id: ColumnElement[str]) -> list[ColumnElement[object]]:
    return [
        bindparam("refresh_hash", type_=_DIGEST),
        bindparam("access_hash", type_=_DIGEST),
        sign_in_id,
        _NOW,
        bindparam("access_expires_at", type_=_MOMENT),
        bindparam("refresh_expires_at", type_=_MOMENT),
    ]


_first_pair = (
    insert(_token).from_select(_PAIR, select(*_pair_of(_begun.c.id))).returning(_token.c.sign_in_id)
).cte("first_pair")
_BEGIN = Statement(
    select(_begun.c.id, _is_known.label("known"), _is_first.label("first"))
    .select_from(_begun)
    .add_cte(_first_pair)
)

_held = (
    select(_sign_in.c.id)
    .select_from(_sign_in.join(_account, _account.c.id == _sign_in.c.user_id))
    .where(_sign_in.c.id == bindparam("sign_in_id"), _live)
    .with_for_update(of=_sign_in)
    .cte("held")
)
_consumed = (
    update(_token)
    .where(
        _token.c.refresh_hash == bindparam("used_hash"),
        _token.c.sign_in_id == _held.c.id,
        _token.c.consumed_at.is_(None),
        _token.c.refresh_expires_at > _NOW,
    )
    .values(
        consumed_at=_NOW,
        successor_hash=bindparam("refresh_hash", type_=_DIGEST),
        successor_sealed=bindparam("successor_sealed"),
    )
    .returning(_token.c.sign_in_id)
    .cte("consumed")
)
_extended = (
    update(_sign_in)
    .where(_sign_in.c.id == _consumed.c.sign_in_id)
    .values(expires_at=bindparam("refresh_expires_at", type_=_MOMENT), refreshed_at=_NOW)
    .returning(_sign_in.c.id)
    .cte("extended")
)
_next_pair = (
    insert(_token)
    .from_select(_PAIR, select(*_pair_of(_consumed.c.sign_in_id)))
    .returning(_token.c.sign_in_id)
).cte("next_pair")
_ROTATE = Statement(select(_consumed.c.sign_in_id).select_from(_consumed).add_cte(_extended, _next_pair))

_END = Statement(
    update(_sign_in)
    .where(
        _sign_in.c.id == bindparam("sign_in_id"),
        _sign_in.c.user_id == bindparam("user_id"),
        _sign_in.c.revoked_at.is_(None),
        _sign_in.c.expires_at > _NOW,
    )
    .values(revoked_at=_NOW)
    .returning(_sign_in.c.id)
)
_END_ALL = Statement(
    update(_sign_in)
    .where(
        _sign_in.c.user_id == bindparam("user_id"),
        _sign_in.c.id != bindparam("but"),
        _sign_in.c.revoked_at.is_(None),
    )
    .values(revoked_at=_NOW)
    .returning(_sign_in.c.id)
)
_LIST = Statement(
    select(
        _sign_in.c.id,
        _sign_in.c.ip,
        _sign_in.c.browser,
        _sign_in.c.platform,
        _sign_in.c.created_at,
        _sign_in.c.refreshed_at,
        _sign_in.c.expires_at,
    )
    .where(
        _sign_in.c.user_id == bindparam("user_id"),
        _sign_in.c.revoked_at.is_(None),
        _sign_in.c.expires_at > _NOW,
    )
    .order_by(_sign_in.c.refreshed_at.desc(), _sign_in.c.id.desc())
    .limit(bindparam("at_most"))
)


async def person(store: UnitOfWork, *, called: str) -> Record | None:
    """`id`, `password_hash` and `disabled_at` of the account with this e-mail address or username."""
    return await store.row(_PERSON, called=called)


async def by_access(store: UnitOfWork, *, token_hash: bytes, now: datetime) -> Record | None:
    """`id` and `user_id` of the live sign-in behind an access token, or None."""
    return await store.row(_BY_ACCESS, token_hash=token_hash, now=now)


async def by_refresh(store: UnitOfWork, *, token_hash: bytes, now: datetime) -> Record | None:
    """The live sign-in behind a refresh token, used or not, with what its successor has become; or None."""
    return await store.row(_BY_REFRESH, token_hash=token_hash, now=now)


async def begin(
    store: UnitOfWork,
    *,
    id: str,
    user_id: str,
    password_hash: str,
    ip: str | None,
    browser: str,
    platform: str,
    refresh_hash: bytes,
    access_hash: bytes,
    now: datetime,
    access_expires_at: datetime,
    refresh_expires_at: datetime,
) -> Record | None:
    """Store a sign-in with its first pair: whether this browser and platform and the network of the address
    (IPv4 /16, IPv6 /32) are `known` of the account, and whether the sign-in is the `first` of a new account.

    None when the account was disabled or its password changed since it was looked at.
    """
    return await store.write(
        _BEGIN,
        id=id,
        user_id=user_id,
        password_hash=password_hash,
        ip=ip,
        browser=browser,
        platform=platform,
        refresh_hash=refresh_hash,
        access_hash=access_hash,
        now=now,
        access_expires_at=access_expires_at,
        refresh_expires_at=refresh_expires_at,
    )


async def rotate(
    store: UnitOfWork,
    *,
    sign_in_id: str,
    used_hash: bytes,
    refresh_hash: bytes,
    access_hash: bytes,
    successor_sealed: bytes,
    now: datetime,
    access_expires_at: datetime,
    refresh_expires_at: datetime,
) -> bool:
    """Use a refresh token once and store its successors; False when it was used or ended meanwhile."""
    row = await store.write(
        _ROTATE,
        sign_in_id=sign_in_id,
        used_hash=used_hash,
        refresh_hash=refresh_hash,
        access_hash=access_hash,
        successor_sealed=successor_sealed,
        now=now,
        access_expires_at=access_expires_at,
        refresh_expires_at=refresh_expires_at,
    )
    return row is not None


async def end(store: UnitOfWork, *, sign_in_id: str, user_id: str, now: datetime) -> bool:
    """End a live sign-in of the account; False when it has none with this id."""
    row = await store.write(_END, sign_in_id=sign_in_id, user_id=user_id, now=now)
    return row is not None


async def end_all(store: UnitOfWork, *, user_id: str, but: str | None, now: datetime) -> int:
    """End every sign-in of the account but one, or without exception; how many ended."""
    return len(await store.write_rows(_END_ALL, user_id=user_id, but=but or "", now=now))


async def live(store: UnitOfWork, *, user_id: str, at_most: int, now: datetime) -> Sequence[Record]:
    """The account's live sign-ins, the most recently used first."""
    return await store.rows(_LIST, user_id=user_id, at_most=at_most, now=now)
