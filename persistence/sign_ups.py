"""Sign-ups that wait for their address to be verified. Nothing here looks at whether an address has an
account, so neither the answer nor the time that it takes can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, cast, delete, exists, func, insert, literal, select

from persistence import account_names
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_sign_up = metadata.tables["sign_up"]
_account = metadata.tables["account"]
_token = metadata.tables["account_token"]

_NOW = bindparam("now", type_=_sign_up.c.created_at.type)
_USERNAME = bindparam("username", type_=_sign_up.c.username.type)

_COLUMNS = ("id", "username", "email", "name", "password_hash", "ip", "user_agent", "fingerprint")
_FORGET_EXPIRED = Statement(
    delete(_sign_up)
    .where(_sign_up.c.username == _USERNAME, _sign_up.c.expires_at <= _NOW)
    .returning(_sign_up.c.id)
)
_waiting = (
    select(literal(1).label("one"))
    .select_from(_sign_up)
    .where(_sign_up.c.expires_at > _NOW)
    .limit(bindparam("cap"))
    .subquery()
)
_outlook = select(
    (select(func.count()).select_from(_waiting).scalar_subquery() < bindparam("cap")).label("room"),
    (
        exists(select(literal(1)).select_from(_account).where(_account.c.username == _USERNAME))
        | exists(select(literal(1)).select_from(_sign_up).where(_sign_up.c.username == _USERNAME))
    ).label("taken"),
).cte("outlook")
_stored = (
    insert(_sign_up)
    .from_select(
        [*_COLUMNS, "created_at", "expires_at"],
        select(
            *(cast(bindparam(name), _sign_up.c[name].type) for name in _COLUMNS),
            _NOW,
            bindparam("expires_at", type_=_sign_up.c.expires_at.type),
        )
        .select_from(_outlook)
        .where(_outlook.c.room, ~_outlook.c.taken),
    )
    .returning(_sign_up.c.id)
    .cte("stored")
)
_STORE = Statement(select(_outlook.c.room, _outlook.c.taken).add_cte(_stored))

_meant = (
    select(_token.c.sign_up_id)
    .where(
        _token.c.token_hash == bindparam("token_hash"),
        _token.c.kind == "verify_email",
        _token.c.expires_at > _NOW,
    )
    .scalar_subquery()
)
_STANDS = Statement(select(_sign_up.c.id).where(_sign_up.c.id == _meant, _sign_up.c.expires_at > _NOW))
_TAKE = Statement(
    delete(_sign_up)
    .where(_sign_up.c.id == _meant, _sign_up.c.expires_at > _NOW)
    .returning(*(_sign_up.c[name] for name in _COLUMNS), _sign_up.c.created_at)
)
_FORGET_ADDRESS = Statement(
    delete(_sign_up).where(_sign_up.c.email == bindparam("email")).returning(_sign_up.c.id)
)
_LIVE = Statement(
    select(
        _sign_up.c.id, _sign_up.c.username, _sign_up.c.name, _sign_up.c.email, _sign_up.c.expires_at
    ).where(_sign_up.c.id == bindparam("id"), _sign_up.c.expires_at > _NOW)
)
_NEWEST = Statement(
    select(_sign_up.c.id, _sign_up.c.username, _sign_up.c.name, _sign_up.c.email, _sign_up.c.expires_at)
    .where(_sign_up.c.email == bindparam("email"), _sign_up.c.expires_at > _NOW)
    .order_by(_sign_up.c.id.desc())
    .limit(1)
)

Outcome = Literal["stored", "username_taken", "full"]


@dataclass(frozen=True, slots=True)
class NewSignUp:
    """A sign-up about to be stored; `ip`, `user_agent` and `fingerprint` are those of the request."""

    id: str
    username: str
    email: str
    name: str
    password_hash: str
    ip: str | None
    user_agent: str | None
    fingerprint: str


async def store_sign_up(
    store: UnitOfWork, new: NewSignUp, *, cap: int, now: datetime, expires_at: datetime
) -> Outcome:
    """Store it unless its username is another account's or sign-up's, or `cap` sign-ups wait."""
    await account_names.hold(store)
    await store.write(_FORGET_EXPIRED, username=new.username, now=now)
    values = {name: getattr(new, name) for name in _COLUMNS}
    row = await store.write(_STORE, **values, cap=cap, now=now, expires_at=expires_at)
    assert row is not None
    if not row["room"]:
        return "full"
    return "username_taken" if row["taken"] else "stored"


async def take(store: UnitOfWork, *, token_hash: bytes, now: datetime) -> Record | None:
    """The sign-up behind a link, once: it is gone from the table then, and with it its links. Or None.

    Whoever has taken one has every other under its address to themselves.
    """
    if await store.row(_STANDS, token_hash=token_hash, now=now) is None:
        return None
    await account_names.hold(store)
    return await store.write(_TAKE, token_hash=token_hash, now=now)


async def forget_address(store: UnitOfWork, *, email: str) -> int:
    """Delete the sign-ups under an address; how many there were."""
    return len(await store.write_rows(_FORGET_ADDRESS, email=email))


async def live(store: UnitOfWork, *, id: str, now: datetime) -> Record | None:
    """The sign-up with this id, unless it has expired."""
    return await store.row(_LIVE, id=id, now=now)


async def newest(store: UnitOfWork, *, email: str, now: datetime) -> Record | None:
    """The newest sign-up under this address that has not expired, or None."""
    return await store.row(_NEWEST, email=email, now=now)
