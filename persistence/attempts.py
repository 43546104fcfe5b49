"""Counters of limited things per subject and window. Counting and reading the count is one statement, so
that parallel attempts cannot slip through between the two.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, case, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_attempt = metadata.tables["attempt"]
_WINDOW_BEFORE = bindparam("window_before", type_=_attempt.c.window_started_at.type)


def counted(*, kind: ColumnElement[str]) -> ReturningInsert[tuple[int, datetime]]:
    """Count one more for `subject` at `now`; within its window, or as the first of a new one."""
    first = insert(_attempt).values(
        kind=kind, subject=bindparam("subject"), window_started_at=bindparam("now"), count=1
    )
    window_is_over = _attempt.c.window_started_at <= _WINDOW_BEFORE
    return first.on_conflict_do_update(
        index_elements=[_attempt.c.kind, _attempt.c.subject],
        set_={
            "count": case((window_is_over, 1), else_=_attempt.c.count + 1),
            "window_started_at": case(
                (window_is_over, first.excluded.window_started_at), else_=_attempt.c.window_started_at
            ),
        },
    ).returning(_attempt.c.count, _attempt.c.window_started_at)


_COUNT = Statement(counted(kind=bindparam("kind")))
_CURRENT = Statement(
    select(_attempt.c.count, _attempt.c.window_started_at).where(
        _attempt.c.kind == bindparam("kind"),
        _attempt.c.subject == bindparam("subject"),
        _attempt.c.window_started_at > _WINDOW_BEFORE,
    )
)


async def count_attempt(
    store: UnitOfWork, *, kind: str, subject: str, now: datetime, window_before: datetime
) -> tuple[int, datetime]:
    """Count one more; the count within the window, this one included, and the window's start."""
    row = await store.write(_COUNT, kind=kind, subject=subject, now=now, window_before=window_before)
    assert row is not None
    return row["count"], row["window_started_at"]


async def current_attempts(
    store: UnitOfWork, *, kind: str, subject: str, window_before: datetime
) -> tuple[int, datetime | None]:
    """The count within the window and its start, without counting."""
    row = await store.row(_CURRENT, kind=kind, subject=subject, window_before=window_before)
    return (row["count"], row["window_started_at"]) if row is not None else (0, None)
