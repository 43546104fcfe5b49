"""Passkeys (WebAuthn credentials) of an account, and the challenge that a new one must answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_passkey = metadata.tables["passkey"]
_setup = metadata.tables["passkey_setup"]

_USER = bindparam("user_id", type_=_passkey.c.user_id.type)
_NOW = bindparam("now", type_=_passkey.c.created_at.type)
_CHALLENGE = bindparam("challenge", type_=_setup.c.challenge.type)

_LIST = Statement(
    select(_passkey).where(_passkey.c.user_id == _USER).order_by(_passkey.c.created_at, _passkey.c.id)
)
_BY_CREDENTIAL = Statement(
    select(_passkey).where(
        _passkey.c.user_id == _USER, _passkey.c.credential_id == bindparam("credential_id")
    )
)
_START = Statement(
    insert(_setup)
    .values(user_id=_USER, challenge=_CHALLENGE, created_at=_NOW)
    .on_conflict_do_update(
        index_elements=[_setup.c.user_id], set_={"challenge": _CHALLENGE, "created_at": _NOW}
    )
    .returning(_setup.c.user_id)
)
_SETUP = Statement(
    select(_setup.c.challenge).where(_setup.c.user_id == _USER, _setup.c.created_at > bindparam("since"))
)
_TAKE_SETUP = Statement(
    delete(_setup)
    .where(_setup.c.user_id == _USER, _setup.c.challenge == _CHALLENGE)
    .returning(_setup.c.user_id)
)
_count = select(func.count()).select_from(_passkey).where(_passkey.c.user_id == _USER).scalar_subquery()
_STORE = Statement(
    insert(_passkey)
    .from_select(
        [
            "id",
            "user_id",
            "credential_id",
            "public_key",
            "sign_count",
            "transports",
            "name",
            "created_at",
        ],
        select(
            bindparam("id", type_=_passkey.c.id.type),
            _USER,
            bindparam("credential_id", type_=_passkey.c.credential_id.type),
            bindparam("public_key", type_=_passkey.c.public_key.type),
            bindparam("sign_count", type_=_passkey.c.sign_count.type),
            bindparam("transports", type_=_passkey.c.transports.type),
            bindparam("name", type_=_passkey.c.name.type),
            _NOW,
        ).where(_count < bindparam("at_most", type_=_passkey.c.sign_count.type)),
    )
    .on_conflict_do_nothing()
    .returning(_passkey.c.id)
)
_SIGN_COUNT = bindparam("sign_count", type_=_passkey.c.sign_count.type)
# An authenticator that counts never shows the same count twice; one that does not count shows 0 every time.
_USE = Statement(
    update(_passkey)
    .where(
        _passkey.c.id == bindparam("id"),
        or_(_passkey.c.sign_count < _SIGN_COUNT, and_(_passkey.c.sign_count == 0, literal(0) == _SIGN_COUNT)),
    )
    .values(sign_count=_SIGN_COUNT, last_used_at=_NOW)
    .returning(_passkey.c.id)
)
_RENAME = Statement(
    update(_passkey)
    .where(_passkey.c.id == bindparam("id"), _passkey.c.user_id == _USER)
    .values(name=bindparam("name"))
    .returning(_passkey)
)
_REMOVE = Statement(
    delete(_passkey)
    .where(_passkey.c.id == bindparam("id"), _passkey.c.user_id == _USER)
    .returning(_passkey.c.id)
)


async def of_account(store: UnitOfWork, *, user_id: str) -> Sequence[Record]:
    """The account's passkeys, the oldest first."""
    return await store.rows(_LIST, user_id=user_id)


async def by_credential(store: UnitOfWork, *, user_id: str, credential_id: str) -> Record | None:
    """The account's passkey with this credential id (base64url)."""
    return await store.row(_BY_CREDENTIAL, user_id=user_id, credential_id=credential_id)


async def start(store: UnitOfWork, *, user_id: str, challenge: str, now: datetime) -> None:
    """Keep the challenge for the account's next passkey, in place of an earlier one."""
    await store.write(_START, user_id=user_id, challenge=challenge, now=now)


async def challenge(store: UnitOfWork, *, user_id: str, since: datetime) -> str | None:
    """The challenge that was given out after `since`, if none has answered it."""
    row = await store.row(_SETUP, user_id=user_id, since=since)
    return row["challenge"] if row is not None else None


async def take_challenge(store: UnitOfWork, *, user_id: str, challenge: str) -> bool:
    """Use up a challenge; False if it was used or replaced meanwhile."""
    return await store.write(_TAKE_SETUP, user_id=user_id, challenge=challenge) is not None


async def add(
    store: UnitOfWork,
    *,
    id: str,
    user_id: str,
    credential_id: str,
    public_key: bytes,
    sign_count: int,
    transports: Sequence[str],
    name: str,
    at_most: int,
    now: datetime,
) -> bool:
    """Store a passkey; False when the credential is stored already or the account has `at_most` others. Hold
    the account first.
    """
    row = await store.write(
        _STORE,
        id=id,
        user_id=user_id,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        transports=list(transports),
        name=name,
        at_most=at_most,
        now=now,
    )
    return row is not None


async def use(store: UnitOfWork, *, id: str, sign_count: int, now: datetime) -> bool:
    """Note that the passkey was used; False if its authenticator's count did not grow."""
    return await store.write(_USE, id=id, sign_count=sign_count, now=now) is not None


async def rename(store: UnitOfWork, *, id: str, user_id: str, name: str) -> Record | None:
    """Name one of the account's passkeys anew; None if it has none with this id."""
    return await store.write(_RENAME, id=id, user_id=user_id, name=name)


async def remove(store: UnitOfWork, *, id: str, user_id: str) -> bool:
    """Delete one of the account's passkeys; False if it has none with this id."""
    return await store.write(_REMOVE, id=id, user_id=user_id) is not None
