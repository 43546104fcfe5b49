"""Deleting what is past its declared time, in bounded steps: one statement for each thing that expires.

Which table, which column and how long comes from outside as names; they are looked up among the tables, and
SQLAlchemy writes the statement. A step takes the rows that expired first and passes over those that another
transaction holds: whoever holds them is done with them before the next run. Whether a row has expired is
decided again once it is locked, so one that was renewed or claimed meanwhile stays.

A step costs the same in a table of a thousand rows and of a hundred million. It finds its rows by the index
on their time, beginning where the step before it ended: what that one deleted stays in the index until it
is vacuumed, and would otherwise be walked over by every further step. It deletes them by where they lie,
which no plan can turn into a walk over the table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import ColumnClause, Select, Table, bindparam, delete, func, literal, literal_column, select

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


BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
"""Before anything that can expire."""


@dataclass(frozen=True, slots=True)
class Step:
    """How many rows a step deleted, whether there may be more, and from which time on (`reached`)."""

    rows: int
    more: bool
    reached: datetime


class Removal:
    """The statement that carries out one expiry."""

    __slots__ = ("_statement", "expiry")

    def __init__(self, expiry: Expiry) -> None:
        """Compile it. Raises NothingToExpire."""
        self.expiry = expiry
        self._statement = Statement(_removed(_table_of(expiry), expiry))

    async def step(self, store: UnitOfWork, *, now: datetime, since: datetime, at_most: int) -> Step:
        """Delete what has expired by `now`, the oldest first and no more than `at_most`, of the rows whose
        time is `since` or later.

        What belongs to a deleted row goes with it by the foreign keys' cascade and is not counted.
        """
        before = now - self.expiry.after
        row = await store.write(self._statement, before=before, since=since, at_most=at_most)
        assert row is not None
        return Step(int(row["gone"]), row["chosen"] == at_most, row["reached"] or since)

    @property
    def sql(self) -> str:
        """The statement's text: $1 to $3 are since, before and at_most, in the order of `arguments`."""
        return self._statement.sql

    def arguments(self, *, before: datetime, since: datetime, at_most: int) -> tuple[object, ...]:
        """The values of the statement's positions."""
        return self._statement.arguments({"before": before, "since": since, "at_most": at_most})


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


def _removed(table: Table, expiry: Expiry) -> Select[Any]:
    at = table.columns[expiry.column]
    place: ColumnClause[Any] = literal_column(f'"{table.name}".ctid')
    expired = select(place.label("place"), at.label("at")).where(
        at >= bindparam("since", type_=at.type), at <= bindparam("before", type_=at.type)
    )
    if expiry.unclaimed:
        expired = expired.where(table.columns["workspace_id"].is_(None))
    # In a CTE, which PostgreSQL evaluates once: as a subquery of IN it may run again for each row, and the
    # limit with it.
    chosen = expired.order_by(at).limit(bindparam("at_most")).with_for_update(skip_locked=True).cte("chosen")
    gone = (
        delete(table).where(place == chosen.columns["place"]).returning(literal(1).label("one")).cte("gone")
    )
    return select(
        select(func.count()).select_from(gone).scalar_subquery().label("gone"),
        select(func.count()).select_from(chosen).scalar_subquery().label("chosen"),
        select(func.max(chosen.columns["at"])).scalar_subquery().label("reached"),
    )
