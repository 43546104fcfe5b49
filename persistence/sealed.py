"""Which keys the sealed values of the database need.

A column of sealed values says so of itself (`columns.sealed_under_key`). What is sealed begins with five
bytes that name its form and its key; what follows is nobody's business here.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select, union

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.tables.columns import SEALED
from persistence.unit_of_work import UnitOfWork

HEADER_LENGTH: Final = 5  # bytes

_COLUMNS: Final = [
    column for table in metadata.sorted_tables for column in table.columns if column.info.get(SEALED)
]
_HEADERS: Final = [
    select(func.substring(column, 1, HEADER_LENGTH).label("header")).where(column.is_not(None)).distinct()
    for column in _COLUMNS
]
_IN_USE: Final = Statement(union(*_HEADERS)) if _HEADERS else None


async def headers(store: UnitOfWork) -> frozenset[bytes]:
    """The beginnings of all sealed values, each once. Reads whole tables. Raises StoreUnavailable."""
    if _IN_USE is None:
        return frozenset()
    return frozenset(bytes(row["header"]) for row in await store.rows(_IN_USE))
