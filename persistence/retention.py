"""Deleting what is past its declared time, in bounded steps: one statement for each thing that expires.

Which table, which column and how long comes from outside as names; they are looked up among the tables, and
SQLAlchemy writes the statement. A step takes the rows that expired first and passes over those that another
transaction holds: whoever holds them is done with them before the next step. Whether a row has expired is
decided again once it is locked, so one that was renewed or claimed meanwhile stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Select, Table, bindparam, delete, func, literal, select

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork


class NothingToExpire(Exception):
    """A table, or a point in time in it, does not exist. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """Rows of `table` go once `column` is `after` in the past; with `unclaimed` only those without a
    workspace."""

    table: str
    column: str
    after: timedelta
    unclaimed: bool = False

    def after_another(self, after: timedelta) -> Self:
        """The same with another duration."""
        return dataclasses.replace(self, after=after)


class Removal:
    """The statement that carries out one expiry."""

    __slots__ = ("_statement", "expiry")

    def __init__(self, expiry: Expiry) -> None:
        """Compile it. Raises NothingToExpire."""
        self.expiry = expiry
        self._statement = Statement(_removed(_table_of(expiry), expiry))

    async def step(self, store: UnitOfWork, *, now: datetime, at_most: int) -> int:
        """Delete what has expired by `now`, the oldest first and no more than `at_most`; how many went.

        What belongs to a deleted row goes with it by the foreign keys' cascade and is not counted. Fewer than
        `at_most` means that nothing is left which could be had.
        """
        row = await store.write(self._statement, before=now - self.expiry.after, at_most=at_most)
        assert row is not None
        return int(row["count"])


def removals(expiries: Iterable[Expiry]) -> Sequence[Removal]:
    """The statements, in an order in which what belongs to a row goes before it, so that steps stay small.

    Raises NothingToExpire.
    """
    by_dependence = {table.name: place for place, table in enumerate(reversed(metadata.sorted_tables))}
    compiled = [Removal(expiry) for expiry in expiries]
    return sorted(compiled, key=lambda removal: by_dependence[removal.expiry.table])


def _table_of(expiry: Expiry) -> Table:
    table = metadata.tables.get(expiry.table)
    column = table.columns.get(expiry.column) if table is not None else None
    if table is None or column is None or column.type.python_type is not datetime:
        raise NothingToExpire(f"There is no point in time {expiry.column} in a table {expiry.table}.")
    if expiry.unclaimed and "workspace_id" not in table.columns:
        raise NothingToExpire(f"The rows of {expiry.table} belong to no workspace by their nature.")
    return table


def _removed(table: Table, expiry: Expiry) -> Select[int]:
    at = table.columns[expiry.column]
    key = table.primary_key.columns
    expired = select(*key).where(at <= bindparam("before", type_=at.type))
    if expiry.unclaimed:
        expired = expired.where(table.columns["workspace_id"].is_(None))
    # In a CTE, which PostgreSQL evaluates once: as a subquery of IN it may run again for each row, and the
    # limit with it.
    chosen = expired.order_by(at).limit(bindparam("at_most")).with_for_update(skip_locked=True).cte("chosen")
    gone = (
        delete(table)
        .where(*(column == chosen.columns[column.name] for column in key))
        .returning(literal(1).label("one"))
        .cte("gone")
    )
    return select(func.count().label("count")).select_from(gone)
