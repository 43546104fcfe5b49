"""Second factors of an account: TOTP, recovery codes, and what the account has altogether.

Whatever adds or removes a factor holds the account first (`hold`), so that two changes at the same moment do
not each leave the recovery codes to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import LargeBinary, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_account = metadata.tables["account"]
_totp = metadata.tables["totp"]
_setup = metadata.tables["totp_setup"]
_code = metadata.tables["recovery_code"]
_passkey = metadata.tables["passkey"]
_passkey_setup = metadata.tables["passkey_setup"]
_ticket = metadata.tables["sign_in_ticket"]

_USER = bindparam("user_id", type_=_account.c.id.type)
_NOW = bindparam("now", type_=_account.c.created_at.type)
_SEALED = bindparam("secret_sealed", type_=_totp.c.secret_sealed.type)

_HOLD = Statement(select(_account.c.email).where(_account.c.id == _USER).with_for_update(key_share=True))

_codes_left = (
    select(func.count())
    .select_from(_code)
    .where(_code.c.user_id == _account.c.id, _code.c.used_at.is_(None))
    .scalar_subquery()
)
_OVERVIEW = Statement(
    select(
        _totp.c.confirmed_at.label("totp_confirmed_at"),
        _codes_left.label("recovery_codes"),
        exists(select(_passkey.c.id).where(_passkey.c.user_id == _account.c.id)).label("has_passkey"),
    )
    .select_from(_account.outerjoin(_totp, _totp.c.user_id == _account.c.id))
    .where(_account.c.id == _USER)
)
_has_totp = exists(select(_totp.c.user_id).where(_totp.c.user_id == _USER))
_has_passkey = exists(select(_passkey.c.id).where(_passkey.c.user_id == _USER))
_has_codes = exists(select(_code.c.code_hash).where(_code.c.user_id == _USER))

_started = upsert(_setup).from_select(
    ["user_id", "secret_sealed", "created_at"], select(_USER, _SEALED, _NOW).where(~_has_totp)
)
_START_TOTP = Statement(
    _started.on_conflict_do_update(
        index_elements=[_setup.c.user_id],
        set_={
            "secret_sealed": _started.excluded.secret_sealed,
            "created_at": _started.excluded.created_at,
        },
    ).returning(_setup.c.user_id)
)
_SETUP = Statement(
    select(_setup.c.secret_sealed).where(_setup.c.user_id == _USER, _setup.c.created_at > bindparam("since"))
)
_taken = (
    delete(_setup)
    .where(_setup.c.user_id == _USER, _setup.c.secret_sealed == _SEALED)
    .returning(_setup.c.user_id, _setup.c.secret_sealed)
    .cte("taken")
)
_CONFIRM_TOTP = Statement(
    upsert(_totp)
    .from_select(
        ["user_id", "secret_sealed", "last_step", "confirmed_at"],
        select(
            _taken.c.user_id, _taken.c.secret_sealed, bindparam("step", type_=_totp.c.last_step.type), _NOW
        ),
    )
    .on_conflict_do_nothing()
    .returning(_totp.c.user_id)
)
_USE_STEP = Statement(
    update(_totp)
    .where(_totp.c.user_id == _USER, _totp.c.last_step < bindparam("step", type_=_totp.c.last_step.type))
    .values(last_step=bindparam("step", type_=_totp.c.last_step.type))
    .returning(_totp.c.user_id)
)
_REMOVE_TOTP = Statement(delete(_totp).where(_totp.c.user_id == _USER).returning(_totp.c.user_id))

_HASHES = bindparam("code_hashes", type_=ARRAY(LargeBinary))
_COLUMNS = ["code_hash", "user_id", "created_at"]
_FIRST_CODES = Statement(
    insert(_code)
    .from_select(_COLUMNS, select(func.unnest(_HASHES), _USER, _NOW).where(~_has_codes))
    .returning(_code.c.code_hash)
)
_old_codes = delete(_code).where(_code.c.user_id == _USER).returning(_code.c.code_hash).cte("old_codes")
_REPLACE_CODES = Statement(
    insert(_code)
    .from_select(_COLUMNS, select(func.unnest(_HASHES), _USER, _NOW).where(or_(_has_totp, _has_passkey)))
    .returning(_code.c.code_hash)
    .add_cte(_old_codes)
)
_USABLE_CODE = Statement(
    select(_code.c.code_hash).where(
        _code.c.user_id == _USER, _code.c.code_hash == bindparam("code_hash"), _code.c.used_at.is_(None)
    )
)
_USE_CODE = Statement(
    update(_code)
    .where(_code.c.user_id == _USER, _code.c.code_hash == bindparam("code_hash"), _code.c.used_at.is_(None))
    .values(used_at=_NOW)
    .returning(_code.c.code_hash)
)
_FORGET_CODES = Statement(
    delete(_code).where(_code.c.user_id == _USER, ~_has_totp, ~_has_passkey).returning(_code.c.code_hash)
)

_gone = [
    delete(table).where(table.c.user_id == _USER).returning(table.c.user_id).cte(f"gone_{table.name}")
    for table in (_setup, _passkey_setup, _code, _ticket)
]
_gone_totp = delete(_totp).where(_totp.c.user_id == _USER).returning(_totp.c.user_id).cte("gone_totp")
_gone_passkeys = (
    delete(_passkey).where(_passkey.c.user_id == _USER).returning(_passkey.c.id).cte("gone_passkey")
)
_RESET = Statement(
    select(
        select(func.count()).select_from(_gone_totp).scalar_subquery().label("totp"),
        select(func.count()).select_from(_gone_passkeys).scalar_subquery().label("passkeys"),
    ).add_cte(*_gone)
)


async def hold(store: UnitOfWork, *, user_id: str) -> str | None:
    """Keep other changes of the account's factors, and its deletion, waiting until the unit of work ends; its
    e-mail address, or None if it is gone.
    """
    row = await store.write(_HOLD, user_id=user_id)
    return row["email"] if row is not None else None


async def overview(store: UnitOfWork, *, user_id: str) -> Record | None:
    """`totp_confirmed_at` (None without TOTP), how many `recovery_codes` are unused, and `has_passkey`."""
    return await store.row(_OVERVIEW, user_id=user_id)


async def start_totp(store: UnitOfWork, *, user_id: str, secret_sealed: bytes, now: datetime) -> bool:
    """Keep a secret until a code confirms it, in place of one that none did; False if the account has
    TOTP.
    """
    row = await store.write(_START_TOTP, user_id=user_id, secret_sealed=secret_sealed, now=now)
    return row is not None


async def totp_setup(store: UnitOfWork, *, user_id: str, since: datetime) -> bytes | None:
    """The sealed secret that waits for its first code and was shown after `since`."""
    row = await store.row(_SETUP, user_id=user_id, since=since)
    return row["secret_sealed"] if row is not None else None


async def confirm_totp(
    store: UnitOfWork, *, user_id: str, secret_sealed: bytes, step: int, now: datetime
) -> bool:
    """Put the secret in force, the code of `step` used up; False if it no longer waits."""
    row = await store.write(_CONFIRM_TOTP, user_id=user_id, secret_sealed=secret_sealed, step=step, now=now)
    return row is not None


async def use_step(store: UnitOfWork, *, user_id: str, step: int) -> bool:
    """Use up the code of a step; False if it, or a later one, was used before."""
    return await store.write(_USE_STEP, user_id=user_id, step=step) is not None


async def remove_totp(store: UnitOfWork, *, user_id: str) -> bool:
    """Delete the secret; False if there is none."""
    return await store.write(_REMOVE_TOTP, user_id=user_id) is not None


async def store_first_codes(
    store: UnitOfWork, *, user_id: str, code_hashes: Sequence[bytes], now: datetime
) -> bool:
    """Store recovery codes of an account that has none, used or unused; False if it has."""
    stored = await store.write_rows(_FIRST_CODES, user_id=user_id, code_hashes=list(code_hashes), now=now)
    return bool(stored)


async def replace_codes(
    store: UnitOfWork, *, user_id: str, code_hashes: Sequence[bytes], now: datetime
) -> bool:
    """Store recovery codes in place of all earlier ones; False if the account has no factor to recover."""
    stored = await store.write_rows(_REPLACE_CODES, user_id=user_id, code_hashes=list(code_hashes), now=now)
    return bool(stored)


async def is_usable_code(store: UnitOfWork, *, user_id: str, code_hash: bytes) -> bool:
    """Whether the account has this recovery code and did not use it yet."""
    return await store.row(_USABLE_CODE, user_id=user_id, code_hash=code_hash) is not None


async def use_code(store: UnitOfWork, *, user_id: str, code_hash: bytes, now: datetime) -> bool:
    """Use up a recovery code; False if the account has it not, or no longer."""
    return await store.write(_USE_CODE, user_id=user_id, code_hash=code_hash, now=now) is not None


async def forget_codes_without_factor(store: UnitOfWork, *, user_id: str) -> None:
    """Delete the recovery codes of an account that has no factor left. Hold the account first."""
    await store.write(_FORGET_CODES, user_id=user_id)


async def reset(store: UnitOfWork, *, user_id: str) -> Record:
    """Delete everything of the account's second factors; how many `totp` and `passkeys` there were."""
    row = await store.write(_RESET, user_id=user_id)
    assert row is not None
    return row
