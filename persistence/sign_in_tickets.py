"""Sign-ins that wait for their second factor. An attempt is counted before anybody looks whether it is
right.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, literal, select, update

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_ticket = metadata.tables["sign_in_ticket"]
_account = metadata.tables["account"]
_totp = metadata.tables["totp"]

_HASH = bindparam("ticket_hash", type_=_ticket.c.ticket_hash.type)
_NOW = bindparam("now", type_=_ticket.c.created_at.type)
_usable = (
    _ticket.c.ticket_hash == _HASH,
    _ticket.c.expires_at > _NOW,
    _ticket.c.attempts < bindparam("attempts", type_=_ticket.c.attempts.type),
)

_STORE = Statement(
    insert(_ticket)
    .values(
        ticket_hash=_HASH,
        user_id=bindparam("user_id"),
        password_digest=bindparam("password_digest"),
        challenge=bindparam("challenge"),
        attempts=literal(0),
        created_at=_NOW,
        expires_at=bindparam("expires_at"),
    )
    .returning(_ticket.c.user_id)
)
_USABLE = Statement(
    select(
        _ticket.c.user_id,
        _ticket.c.password_digest,
        _ticket.c.challenge,
        _account.c.password_hash,
        _totp.c.secret_sealed,
        _totp.c.last_step,
    )
    .select_from(
        _ticket.join(_account, _account.c.id == _ticket.c.user_id).outerjoin(
            _totp, _totp.c.user_id == _ticket.c.user_id
        )
    )
    .where(*_usable, _account.c.disabled_at.is_(None))
)
_COUNT = Statement(
    update(_ticket).where(*_usable).values(attempts=_ticket.c.attempts + 1).returning(_ticket.c.user_id)
)
_USE = Statement(
    delete(_ticket)
    .where(_ticket.c.ticket_hash == _HASH, _ticket.c.expires_at > _NOW)
    .returning(_ticket.c.user_id)
)


async def store_ticket(
    store: UnitOfWork,
    *,
    ticket_hash: bytes,
    user_id: str,
    password_digest: bytes,
    challenge: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Store a ticket by its digest."""
    await store.write(
        _STORE,
        ticket_hash=ticket_hash,
        user_id=user_id,
        password_digest=password_digest,
        challenge=challenge,
        now=now,
        expires_at=expires_at,
    )


async def usable(store: UnitOfWork, *, ticket_hash: bytes, attempts: int, now: datetime) -> Record | None:
    """The live ticket with fewer than `attempts`, its account's `password_hash`, and its TOTP if it has
    one.
    """
    return await store.row(_USABLE, ticket_hash=ticket_hash, attempts=attempts, now=now)


async def count_attempt(store: UnitOfWork, *, ticket_hash: bytes, attempts: int, now: datetime) -> bool:
    """Count one more; False if the ticket has ended or had `attempts` already. Further ones wait until the
    unit of work ends.
    """
    return await store.write(_COUNT, ticket_hash=ticket_hash, attempts=attempts, now=now) is not None


async def use(store: UnitOfWork, *, ticket_hash: bytes, now: datetime) -> bool:
    """Use the ticket up; False if it has ended."""
    return await store.write(_USE, ticket_hash=ticket_hash, now=now) is not None
