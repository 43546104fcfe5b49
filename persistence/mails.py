"""Statements of the outbox.

A mail is put into it by whatever it is about, in the same transaction, so that there is never one without the
other. The transaction's end also tells the servers that attend to the jobs.

Whoever takes a mail out counts the attempt, and has it until `due_at`; every later statement about it names
that number, and does nothing once another has taken it. `send` is the last that is stored before the mail can
arrive: one that is still being sent at its `due_at` may have arrived, and nobody sends it again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    String,
    any_,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import ARRAY

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

CHANNEL: Final = "candor_mail"
"""Where PostgreSQL tells of mails that were put into the outbox."""

STATES: Final = ("queued", "sending", "sent", "failed", "unknown")

_mail = metadata.tables["mail"]

_queued = (
    insert(_mail)
    .values(
        id=bindparam("id"),
        kind=bindparam("kind"),
        to_address=bindparam("to"),
        subject_id=bindparam("subject_id"),
        state="queued",
        attempts=0,
        created_at=bindparam("now"),
        due_at=bindparam("now"),
    )
    .returning(literal(1).label("one"))
    .cte("queued")
)
_QUEUE = Statement(select(func.pg_notify(CHANNEL, "")).select_from(_queued))

# In the text and not as arguments: a prepared statement's plan must know that the index of these two fits.
_QUEUED: ColumnElement[str] = literal_column("'queued'")
_SENDING: ColumnElement[str] = literal_column("'sending'")
_NOW = bindparam("now", type_=_mail.c.due_at.type)
_IS_OVERDUE = _mail.c.due_at <= _NOW
_next = (
    select(_mail.c.id)
    .where(
        _mail.c.state == _QUEUED,
        _IS_OVERDUE,
        _mail.c.kind == any_(bindparam("kinds", type_=ARRAY(String))),
    )
    .order_by(_mail.c.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
    .cte("next")
)
_TAKE = Statement(
    update(_mail)
    .where(_mail.c.id == _next.c.id)
    .values(attempts=_mail.c.attempts + 1, due_at=bindparam("until"))
    .returning(
        _mail.c.id,
        _mail.c.kind,
        _mail.c.to_address,
        _mail.c.subject_id,
        _mail.c.attempts,
        _mail.c.created_at,
    )
)
_is_mine = (_mail.c.id == bindparam("id", type_=_mail.c.id.type)) & (
    _mail.c.attempts == bindparam("attempt", type_=_mail.c.attempts.type)
)
_SEND = Statement(
    update(_mail)
    .where(_is_mine, _mail.c.state == _QUEUED)
    .values(state="sending", due_at=bindparam("until"))
    .returning(_mail.c.id)
)
_AGAIN = Statement(
    update(_mail)
    .where(_is_mine, _mail.c.state.in_([_QUEUED, _SENDING]))
    .values(state="queued", due_at=bindparam("due_at"))
    .returning(_mail.c.id)
)
_END = Statement(
    update(_mail)
    .where(_is_mine, _mail.c.state.in_([_QUEUED, _SENDING]))
    .values(state=bindparam("state"), ended_at=_NOW)
    .returning(_mail.c.id)
)
_FORGET = Statement(delete(_mail).where(_is_mine, _mail.c.state == _QUEUED).returning(_mail.c.id))
_SETTLE = Statement(
    update(_mail)
    .where(_mail.c.state == _SENDING, _IS_OVERDUE)
    .values(state="unknown", ended_at=_NOW)
    .returning(_mail.c.id, _mail.c.kind, _mail.c.attempts)
)

_states = values(column("state", String), name="states").data([(state,) for state in STATES])
COUNTS: Final = Statement(
    select(_states.c.state, func.count(_mail.c.id).label("count"))
    .select_from(_states.outerjoin(_mail, _mail.c.state == _states.c.state))
    .group_by(_states.c.state)
)
"""How many mails there are in each state."""

_SHOWN = (
    _mail.c.id,
    _mail.c.kind,
    _mail.c.to_address,
    _mail.c.state,
    _mail.c.attempts,
    _mail.c.created_at,
    _mail.c.due_at,
    _mail.c.ended_at,
)
_PAGE = Statement(
    select(*_SHOWN)
    .where(
        _mail.c.id > bindparam("after", type_=_mail.c.id.type),
        or_(
            bindparam("state", type_=_mail.c.state.type).is_(None),
            _mail.c.state == bindparam("state", type_=_mail.c.state.type),
        ),
    )
    .order_by(_mail.c.id)
    .limit(bindparam("at_most"))
)
_FIND = Statement(select(*_SHOWN).where(_mail.c.id == bindparam("id")))


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that was taken out to be sent, for the `attempt`th time."""

    id: str
    kind: str
    to: str
    subject_id: str
    attempt: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """A mail whose server died while it was being sent."""

    id: str
    kind: str
    attempt: int


def queue_mail(store: UnitOfWork, *, id: str, kind: str, to: str, subject_id: str, now: datetime) -> None:
    """Have a mail sent once this unit of work is committed.

    `kind` is one that `handlers.account.mailing` can compose, from the row `subject_id` as it is when the
    mail is sent: what is secret in it is made then, and whether it is to be sent at all is decided then.
    """
    store.defer(_QUEUE, id=id, kind=kind, to=to, subject_id=subject_id, now=now)


async def take(store: UnitOfWork, *, kinds: Collection[str], now: datetime, until: datetime) -> Taken | None:
    """The mail that is due for longest, of these kinds; None if there is none. Nobody else gets it before
    `until`."""
    row = await store.write(_TAKE, kinds=list(kinds), now=now, until=until)
    if row is None:
        return None
    return Taken(
        row["id"], row["kind"], row["to_address"], row["subject_id"], row["attempts"], row["created_at"]
    )


async def send(store: UnitOfWork, taken: Taken, *, until: datetime) -> bool:
    """Once this is committed the mail may arrive; if it is neither ended nor queued again by `until`, nobody
    knows whether it has. False when it is not ours any more."""
    return await store.write(_SEND, id=taken.id, attempt=taken.attempt, until=until) is not None


async def again(store: UnitOfWork, taken: Taken, *, due_at: datetime) -> bool:
    """It has certainly not arrived and is to be tried again. False when it is not ours any more."""
    return await store.write(_AGAIN, id=taken.id, attempt=taken.attempt, due_at=due_at) is not None


async def end(store: UnitOfWork, taken: Taken, *, state: str, now: datetime) -> bool:
    """It is `sent`, `failed` or `unknown` for good. False when it is not ours any more."""
    return await store.write(_END, id=taken.id, attempt=taken.attempt, state=state, now=now) is not None


async def forget(store: UnitOfWork, taken: Taken) -> bool:
    """It is not to be sent: the address goes with it. False when it is not ours any more."""
    return await store.write(_FORGET, id=taken.id, attempt=taken.attempt) is not None


async def settle(store: UnitOfWork, *, now: datetime) -> Sequence[Lost]:
    """Let those be unknown that were still being sent when their time was over."""
    rows = await store.write_rows(_SETTLE, now=now)
    return [Lost(row["id"], row["kind"], row["attempts"]) for row in rows]


async def page(store: UnitOfWork, *, state: str | None, after: str, at_most: int) -> Sequence[Record]:
    """Mails by id, which is by age, beginning after `after`."""
    return await store.rows(_PAGE, state=state, after=after, at_most=at_most)


async def find(store: UnitOfWork, id: str) -> Record | None:
    """One mail."""
    return await store.row(_FIND, id=id)
