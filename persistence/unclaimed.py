"""Instances that belong to nobody yet: how many one address may add within a window, and how many may wait.

How many wait is not counted at each registration. One row says how many there can be at most: each
registration takes a place in it, and what goes (claimed, deleted, past its time) gives none back until the
row is full and the instances are counted again. So the cap holds exactly, whoever registers at the same
moment, and a registration that is refused costs one read and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from persistence.attempts import counted
from persistence.registration import CLIENT_COLUMNS, NewClient, given_client
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_instance = metadata.tables["instance"]
_attempt = metadata.tables["attempt"]
_COUNT, _MOMENT = _attempt.c.count.type, _attempt.c.window_started_at.type
_NOW = bindparam("now", type_=_MOMENT)
_CAP = bindparam("cap", type_=_COUNT)

_KIND = "registration"
_PLACES = {"kind": "unclaimed", "subject": "all"}


def _is_places(table: FromClause) -> ColumnElement[bool]:
    """The one row of `attempt` that says how many there can be at most."""
    return and_(*(table.c[name] == value for name, value in _PLACES.items()))


_waiting_row = _is_places(_attempt)
_NEVER_COUNTED = datetime(1970, 1, 1, tzinfo=UTC)

_address, _waiting = _attempt.alias("address"), _attempt.alias("waiting")
_OUTLOOK = Statement(
    select(
        func.coalesce(_address.c.count, 0).label("count"),
        _address.c.window_started_at,
        func.coalesce(
            and_(
                _waiting.c.count >= _CAP,
                _waiting.c.window_started_at > bindparam("full_since", type_=_MOMENT),
            ),
            False,
        ).label("full"),
    ).select_from(
        select(literal(1))
        .subquery("nothing")
        .outerjoin(
            _address,
            and_(
                _address.c.kind == _KIND,
                _address.c.subject == bindparam("subject"),
                _address.c.window_started_at > bindparam("window_before", type_=_MOMENT),
            ),
        )
        .outerjoin(_waiting, _is_places(_waiting))
    )
)

_counted = counted(kind=literal(_KIND)).cte("counted")


def _placed(*conditions: ColumnElement[bool]) -> Select[int]:
    """Take a place if there is one, and store the instance in it; how many were stored, which is 1 or 0."""
    place = (
        update(_attempt)
        .where(_waiting_row, _attempt.c.count < _CAP, *conditions)
        .values(count=_attempt.c.count + 1)
        .returning(literal(1).label("one"))
        .cte("place")
    )
    stored = (
        insert(_instance)
        .from_select(
            [*CLIENT_COLUMNS, "ephemeral", "registered_at"],
            select(*given_client(), literal(False), _NOW).select_from(place),
        )
        .returning(literal(1).label("one"))
        .cte("stored")
    )
    return select(func.count().label("stored")).select_from(stored)


_within_quota = _counted.c.count <= bindparam("per_address", type_=_COUNT)
_COUNT_AND_STORE = Statement(
    select(
        _counted.c.count,
        _counted.c.window_started_at,
        _placed(_within_quota).scalar_subquery().label("stored"),
    )
)
_STORE = Statement(_placed())

_first = insert(_attempt).values(**_PLACES, window_started_at=_NEVER_COUNTED, count=0)
_HOLD = Statement(
    _first.on_conflict_do_update(
        index_elements=[_attempt.c.kind, _attempt.c.subject], set_={"count": _attempt.c.count}
    ).returning(_attempt.c.count, _attempt.c.window_started_at)
)
_expired: Select[tuple[str]] = (
    select(_instance.c.id)
    .where(_instance.c.workspace_id.is_(None), _instance.c.registered_at <= bindparam("registered_before"))
    .order_by(_instance.c.registered_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_REMOVE_EXPIRED = Statement(delete(_instance).where(_instance.c.id.in_(_expired)).returning(_instance.c.id))
_there = (
    select(literal(1).label("one"))
    .select_from(_instance)
    .where(_instance.c.workspace_id.is_(None))
    .limit(_CAP)
    .subquery()
)
_RECOUNT = Statement(
    update(_attempt)
    .where(_waiting_row)
    .values(count=select(func.count()).select_from(_there).scalar_subquery(), window_started_at=_NOW)
    .returning(_attempt.c.count)
)

_own = and_(_attempt.c.kind == _KIND, _attempt.c.subject == bindparam("subject"))
_first_is_gone = delete(_attempt).where(_own, _attempt.c.count <= 1).returning(literal(1)).cte("gone")
_UNCOUNT = Statement(
    update(_attempt)
    .where(_own, _attempt.c.count > 1)
    .values(count=_attempt.c.count - 1)
    .returning(literal(1))
    .add_cte(_first_is_gone)
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many one subject may register after `window_before`, and how many may wait in all."""

    per_address: int
    window_before: datetime
    cap: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a subject has registered in its window, when that began, and whether all places are known to be
    taken.
    """

    count: int
    window_started_at: datetime | None
    full: bool


@dataclass(frozen=True, slots=True)
class Attempted:
    """The same with this registration counted; `stored` when it was within all bounds."""

    count: int
    window_started_at: datetime
    stored: bool


async def outlook(store: UnitOfWork, *, subject: str, bounds: Bounds, full_since: datetime) -> Outlook:
    """Without counting: `full` when there was no place left at a count after `full_since`."""
    row = await store.row(
        _OUTLOOK, subject=subject, window_before=bounds.window_before, cap=bounds.cap, full_since=full_since
    )
    assert row is not None
    return Outlook(row["count"], row["window_started_at"], row["full"])


async def register(
    store: UnitOfWork, client: NewClient, *, subject: str, bounds: Bounds, now: datetime
) -> Attempted:
    """Count the registration for its subject, take a place and store the instance, as far as that goes."""
    row = await store.write(
        _COUNT_AND_STORE,
        **client.columns(),
        subject=subject,
        per_address=bounds.per_address,
        window_before=bounds.window_before,
        cap=bounds.cap,
        now=now,
    )
    assert row is not None
    return Attempted(row["count"], row["window_started_at"], bool(row["stored"]))


async def recount(
    store: UnitOfWork,
    *,
    cap: int,
    full_since: datetime,
    registered_before: datetime,
    at_most: int,
    now: datetime,
) -> None:
    """Remove up to `at_most` that are past their time, and count what waits, unless somebody has counted
    after `full_since`. Until the commit nobody else can register.
    """
    held = await store.write(_HOLD)
    assert held is not None
    if held["window_started_at"] > full_since:
        return
    await store.write_rows(_REMOVE_EXPIRED, registered_before=registered_before, at_most=at_most)
    await store.write(_RECOUNT, cap=cap, now=now)


async def register_after_recount(
    store: UnitOfWork, client: NewClient, *, bounds: Bounds, now: datetime
) -> bool:
    """Take a place and store the instance, already counted for its subject; False when there is no place."""
    row = await store.write(_STORE, **client.columns(), cap=bounds.cap, now=now)
    return row is not None and bool(row["stored"])


async def uncount(store: UnitOfWork, *, subject: str) -> None:
    """Take back what `register` counted for the subject in this unit of work."""
    await store.write(_UNCOUNT, subject=subject)
