"""In which order lots are burned, and when the first of them is over."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select

from persistence.tables import metadata

_lot = metadata.tables["credit_lot"]

IS_NOT_EMPTY: ColumnElement[bool] = _lot.c.remaining > 0
"""Of a row of `credit_lot`."""


def burned_first(lots: Any) -> tuple[ColumnElement[Any], ...]:
    """What to order lots by (the columns of the table or of a query): those that expire soonest, what was
    granted before what was paid for, and then the oldest.
    """
    # By one letter: how words are ordered depends on the database's collation.
    return (lots.expires_at.asc().nulls_last(), (lots.kind != "granted").asc(), lots.id.collate("C").asc())


def next_expiry() -> ColumnElement[Any]:
    """When the first lot of `user_id` that is not empty is over; null if none ever is."""
    mine = _lot.c.user_id == bindparam("user_id", type_=_lot.c.user_id.type)
    return select(func.min(_lot.c.expires_at)).where(mine, IS_NOT_EMPTY).scalar_subquery()
