"""Fills a migrated database: rows first, then the indexes over all of them at once, as a restored dump would.

What is dropped for the time is made again from PostgreSQL's own words for it. Foreign keys are back in force
for everything that is written from then on; the rows made here are not checked against them again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contract_tests.bench.growth_rows import SAMPLE_TABLE, Sampled, fills, sample_rows, tables
from persistence.address import Address

_PLENTY = (
    "SET session_replication_role = replica",  # no foreign key is checked row by row
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '1GB'",
)
_CONSTRAINTS = """
    SELECT quote_ident(conname) AS name, conrelid::regclass::text AS table, contype = 'f' AS refers,
           pg_get_constraintdef(oid) AS definition
    FROM pg_constraint
    WHERE conrelid = ANY($1::regclass[]) AND contype IN ('p', 'u')
       OR (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[])) AND contype = 'f'
    ORDER BY contype = 'f' DESC
"""
_INDEXES = """
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
    FROM pg_index WHERE indrelid = ANY($1::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
"""
_SIZES = """
    SELECT relname AS name, pg_table_size(oid) AS rows, pg_indexes_size(oid) AS indexes
    FROM pg_class WHERE oid = ANY($1::regclass[]) ORDER BY pg_total_relation_size(oid) DESC
"""


@dataclass(frozen=True, slots=True)
class Size:
    """What a table takes on disk, in bytes: its rows and its indexes."""

    table: str
    rows: int
    indexes: int


async def load(url: str, *, instances: int, sampled: Sequence[Sampled]) -> float:
    """Fill the database at an administrator's URL; the seconds that it took."""
    started = time.monotonic()
    connection = await Address.parse(url).open()
    try:
        for setting in _PLENTY:
            await connection.execute(setting)
        await connection.execute(SAMPLE_TABLE)
        await connection.copy_records_to_table("sampled", records=sample_rows(sampled))
        again = await _without_indexes(connection)
        for fill in fills():
            await connection.execute(fill.statement(instances))
        for definition in again:
            await connection.execute(definition)
        for table in tables():
            await connection.execute(f'VACUUM (ANALYZE) "{table}"')
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return time.monotonic() - started


async def sizes(url: str) -> list[Size]:
    """The tables that grow, the largest first."""
    connection = await Address.parse(url).open()
    try:
        found = await connection.fetch(_SIZES, tables())
    finally:
        await connection.close()
    return [Size(each["name"], each["rows"], each["indexes"]) for each in found]


async def _without_indexes(connection: Any) -> list[str]:
    """Drop the indexes and constraints of the tables that grow; the statements that make them again."""
    constraints = await connection.fetch(_CONSTRAINTS, tables())
    indexes = await connection.fetch(_INDEXES, tables())
    for each in indexes:
        await connection.execute(f"DROP INDEX {each['name']}")
    for each in constraints:
        await connection.execute(f"ALTER TABLE {each['table']} DROP CONSTRAINT {each['name']}")
    again = [each["definition"] for each in indexes]
    for each in reversed(constraints):
        validity = " NOT VALID" if each["refers"] else ""
        again.append(
            f"ALTER TABLE {each['table']} ADD CONSTRAINT {each['name']} {each['definition']}{validity}"
        )
    return again
