"""Links that were mailed, by the digest of their secret: each works once, whatever happens at the same
moment.

Locks are taken in one order, names, then the account, then its links, so that of two who use different links
of one account neither waits for the other in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, exists, func, literal, literal_column, null, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence import account_names
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_token = metadata.tables["account_token"]
_account = metadata.tables["account"]

_NOW = bindparam("now", type_=_token.c.created_at.type)
_HASH = bindparam("token_hash", type_=_token.c.token_hash.type)

_KEEP = Statement(
    insert(_token)
    .values(
        token_hash=bindparam("token_hash"),
        kind=bindparam("kind"),
        sign_up_id=bindparam("sign_up_id"),
        user_id=bindparam("user_id"),
        email=bindparam("email"),
        created_at=bindparam("now"),
        expires_at=bindparam("expires_at"),
    )
    .returning(_token.c.token_hash)
)
_live = and_(_token.c.token_hash == _HASH, _token.c.kind == bindparam("kind"), _token.c.expires_at > _NOW)
_OWNER = Statement(
    select(_account.c.id, _account.c.username, _account.c.email, _account.c.name)
    .select_from(_token.join(_account, _account.c.id == _token.c.user_id))
    .where(_live, _account.c.disabled_at.is_(None))
)

_HOLD_OWNER = Statement(
    select(_account.c.id, _account.c.email)
    .select_from(_token.join(_account, _account.c.id == _token.c.user_id))
    .where(_live)
    .with_for_update(of=_account, key_share=True)
)
_ACCOUNT_OF = Statement(
    select(_account.c.id).where(_account.c.email == bindparam("email"), _account.c.disabled_at.is_(None))
)

_used = delete(_token).where(_live).returning(_token.c.user_id, _token.c.email).cte("used")
_RESET_PASSWORD = Statement(
    update(_account)
    .where(_account.c.id == _used.c.user_id, _account.c.disabled_at.is_(None))
    .values(
        password_hash=bindparam("password_hash"),
        email_verified_at=func.coalesce(_account.c.email_verified_at, _NOW),
        updated_at=_NOW,
    )
    .returning(_account.c.id, _account.c.email)
)
_other = _account.alias("other")
_CHANGE_EMAIL = Statement(
    update(_account)
    .where(
        _account.c.id == _used.c.user_id,
        _account.c.disabled_at.is_(None),
        ~exists(
            select(literal(1))
            .select_from(_other)
            .where(_other.c.email == _used.c.email, _other.c.id != _used.c.user_id)
        ),
    )
    .values(email=_used.c.email, email_verified_at=_NOW, updated_at=_NOW)
    .returning(_account.c.id, _account.c.email)
)
_FORGET = Statement(
    delete(_token).where(_token.c.user_id == bindparam("user_id")).returning(_token.c.token_hash)
)

# The least id is found by the index, however many accounts there are.
_nobody_there = select(func.min(_account.c.id)).scalar_subquery().is_(None)
_first = insert(_token).from_select(
    ["token_hash", "kind", "sign_up_id", "user_id", "email", "created_at", "expires_at"],
    select(
        _HASH,
        literal("first_account"),
        null(),
        null(),
        null(),
        _NOW,
        bindparam("expires_at", type_=_token.c.expires_at.type),
    ).where(_nobody_there),
)
_OFFER_FIRST = Statement(
    _first.on_conflict_do_update(
        index_elements=[_token.c.kind],
        index_where=_token.c.kind == literal_column("'first_account'"),
        set_={
            "token_hash": _first.excluded.token_hash,
            "created_at": _first.excluded.created_at,
            "expires_at": _first.excluded.expires_at,
        },
    ).returning(_token.c.token_hash)
)
_FIRST_STANDS = Statement(
    select(literal(1).label("one")).where(exists(select(_token.c.kind).where(_live)), _nobody_there)
)
_TAKE_FIRST = Statement(delete(_token).where(_live, _nobody_there).returning(_token.c.token_hash))

_FIRST = "first_account"


def keep(
    store: UnitOfWork,
    *,
    kind: str,
    token_hash: bytes,
    sign_up_id: str | None = None,
    user_id: str | None = None,
    email: str | None = None,
    now: datetime,
    expires_at: datetime,
) -> None:
    """At commit, store the digest of a link and what it is for."""
    store.defer(
        _KEEP,
        kind=kind,
        token_hash=token_hash,
        sign_up_id=sign_up_id,
        user_id=user_id,
        email=email,
        now=now,
        expires_at=expires_at,
    )


async def owner(store: UnitOfWork, *, kind: str, token_hash: bytes, now: datetime) -> Record | None:
    """`id`, `username`, `email` and `name` of the account that a link belongs to, without using it up."""
    return await store.row(_OWNER, kind=kind, token_hash=token_hash, now=now)


async def account_of(store: UnitOfWork, *, email: str) -> str | None:
    """The id of the account with this address, unless it is disabled."""
    row = await store.row(_ACCOUNT_OF, email=email)
    return row["id"] if row is not None else None


async def reset_password(
    store: UnitOfWork, *, token_hash: bytes, password_hash: str, now: datetime
) -> Record | None:
    """Use the link and set the password; the account's `id` and `email`, or None when the link opens nothing
    any more.

    Whoever could read the mail has the address, so it is verified then.
    """
    await store.write(_HOLD_OWNER, kind="password_reset", token_hash=token_hash, now=now)
    return await store.write(
        _RESET_PASSWORD, kind="password_reset", token_hash=token_hash, password_hash=password_hash, now=now
    )


@dataclass(frozen=True, slots=True)
class EmailChange:
    """An account that has another address: its id, the address until now, and the one from now on."""

    user_id: str
    was: str
    email: str


async def change_email(store: UnitOfWork, *, token_hash: bytes, now: datetime) -> EmailChange | None:
    """Use the link and give the account its new address; None when the link opens nothing any more or the
    address has become another account's.
    """
    await account_names.hold(store)
    before = await store.write(_HOLD_OWNER, kind="email_change", token_hash=token_hash, now=now)
    row = await store.write(_CHANGE_EMAIL, kind="email_change", token_hash=token_hash, now=now)
    if before is None or row is None:
        return None
    return EmailChange(user_id=row["id"], was=before["email"], email=row["email"])


async def forget(store: UnitOfWork, *, user_id: str) -> None:
    """End the account's other links: they were asked for by whoever knew the old password or address."""
    await store.write_rows(_FORGET, user_id=user_id)


async def offer_first_account(
    store: UnitOfWork, *, token_hash: bytes, now: datetime, expires_at: datetime
) -> bool:
    """Replace the link on which the first account is made; False when there is an account."""
    row = await store.write(_OFFER_FIRST, token_hash=token_hash, now=now, expires_at=expires_at)
    return row is not None


async def first_account_stands(store: UnitOfWork, *, token_hash: bytes, now: datetime) -> bool:
    """Whether the link for the first account would open something, without using it up."""
    return await store.row(_FIRST_STANDS, kind=_FIRST, token_hash=token_hash, now=now) is not None


async def take_first_account(store: UnitOfWork, *, token_hash: bytes, now: datetime) -> bool:
    """Use the link for the first account; False when it opens nothing, or there is an account."""
    await account_names.hold(store)
    return await store.write(_TAKE_FIRST, kind=_FIRST, token_hash=token_hash, now=now) is not None
