"""The gate between the contract and the database: what is declared is stored, what is stored is declared.

``components/x-records`` of the contract names every table and column. A server asks here before it accepts
requests, and refuses to start when there is any difference, in either direction. Whatever can keep data
counts: tables, views, sequences, foreign tables, further schemas, large objects. Of the schemas only
PostgreSQL's own are left out. A partition counts as its table, and a sequence that a column owns as that
column: neither can keep what its owner could not.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import text

from persistence.database import Database
from persistence.statement import Statement

_SCHEMA: Final = "public"

_KINDS: Final = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
}

_RELATIONS: Final = Statement(
    text(
        """
        SELECT space.nspname AS schema, thing.relname AS name, CAST(thing.relkind AS text) AS kind,
               part.attname AS column, format_type(part.atttypid, part.atttypmod) AS type
        FROM pg_catalog.pg_class AS thing
        JOIN pg_catalog.pg_namespace AS space ON space.oid = thing.relnamespace
        LEFT JOIN pg_catalog.pg_attribute AS part
               ON part.attrelid = thing.oid AND part.attnum > 0 AND NOT part.attisdropped
        WHERE thing.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT thing.relispartition
          AND space.nspname !~ '^pg_' AND space.nspname <> 'information_schema'
          AND NOT (thing.relkind = 'S' AND EXISTS (
              SELECT FROM pg_catalog.pg_depend AS tie
              WHERE tie.classid = 'pg_catalog.pg_class'::regclass AND tie.objid = thing.oid
                AND tie.refclassid = 'pg_catalog.pg_class'::regclass AND tie.refobjsubid > 0
                AND tie.deptype IN ('a', 'i')
          ))
        ORDER BY space.nspname, thing.relname, part.attnum
        """
    )
)

_OTHER_PLACES: Final = Statement(
    text(
        """
        SELECT 'schema ' || quote_ident(nspname) AS place
        FROM pg_catalog.pg_namespace
        WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
        UNION ALL
        SELECT 'large object ' || oid FROM pg_catalog.pg_largeobject_metadata
        ORDER BY place
        """
    )
)

# The names that the contract may use and the one that PostgreSQL answers with.
_TYPE_NAMES: Final = {
    "varchar": "character varying",
    "char": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "float8": "double precision",
    "float4": "real",
    "decimal": "numeric",
}


async def differences(database: Database, declared: Mapping[str, Mapping[str, object]]) -> list[str]:
    """One clause for each difference between the database and ``declared`` ({table: {column: type}}), to be
    put into a sentence; none when they are equal. Raises StoreUnavailable."""
    store = database.unit_of_work()
    stored: dict[str, dict[str, str]] = {}
    found: list[str] = []
    for row in await store.rows(_RELATIONS):
        kind = _KINDS[row["kind"]]
        if row["schema"] != _SCHEMA or kind != "table":
            sentence = f"the {kind} {row['schema']}.{row['name']} is not declared"
            found += [sentence] if sentence not in found else []
            continue
        columns = stored.setdefault(row["name"], {})
        if row["column"] is not None:
            columns[row["column"]] = row["type"]
    found += [f"the {row['place']} is not declared" for row in await store.rows(_OTHER_PLACES)]
    return [*_table_differences(stored, declared), *found]


def _table_differences(
    stored: Mapping[str, Mapping[str, str]], declared: Mapping[str, Mapping[str, object]]
) -> Iterator[str]:
    for table in sorted(stored.keys() | declared.keys()):
        if table not in declared:
            yield f"the table {table} is not declared"
        elif table not in stored:
            yield f"the declared table {table} does not exist"
        else:
            yield from _column_differences(table, stored[table], declared[table])


def _column_differences(
    table: str, stored: Mapping[str, str], declared: Mapping[str, object]
) -> Iterator[str]:
    for column in sorted(stored.keys() | declared.keys()):
        if column not in declared:
            yield f"the column {table}.{column} is not declared"
        elif column not in stored:
            yield f"the declared column {table}.{column} does not exist"
        elif (wanted := _full_type_name(str(declared[column]))) != stored[column]:
            yield f"the column {table}.{column} is {stored[column]}, and declared as {wanted}"


def _full_type_name(name: str) -> str:
    """The type as PostgreSQL's format_type writes it: ``varchar(26)[]`` is ``character varying(26)[]``."""
    parts = re.fullmatch(r"\s*([a-z][a-z0-9_ ]*?)\s*(\(\s*[\d\s,]+\))?\s*((?:\[\])*)\s*", name.lower())
    if parts is None:
        return name
    stem, size, brackets = parts.groups()
    full, size = _TYPE_NAMES.get(stem, stem), (size or "").replace(" ", "")
    if stem == "char" and not size:
        size = "(1)"
    first, _, rest = full.partition(" ") if full.startswith("time") else (full, "", "")
    return f"{first}{size}{' ' if rest else ''}{rest}{brackets[:2]}"
