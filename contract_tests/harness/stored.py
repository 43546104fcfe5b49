"""A look into a database from outside: everything that is stored in it, as text, and small questions about
rows.
"""

from __future__ import annotations

import re
from typing import Any

from contract_tests.storage.cluster import outside_any_loop
from persistence.address import Address

_BYTES = re.compile(r"\\x((?:[0-9a-f]{2})+)")  # how PostgreSQL writes bytea


def everything_stored(url: str) -> str:
    """Every row of every table as PostgreSQL writes it, with bytes both in hexadecimal and as the text that
    they may be.
    """
    found: list[str] = []
    outside_any_loop(_collect(url, found))
    return "\n".join([*found, *(_text_of(each) for row in found for each in _BYTES.findall(row))])


def rows(url: str, query: str, *values: object) -> list[dict[str, Any]]:
    """The rows of a query, which belongs to the test alone."""
    found: list[dict[str, Any]] = []
    outside_any_loop(_ask(url, query, values, found))
    return found


def execute(url: str, command: str, *values: object) -> None:
    """Change the world as time or an operator would; for what no operation can bring about yet."""
    outside_any_loop(_ask(url, command, values, []))


def count(url: str, table: str) -> int:
    """How many rows a table has."""
    return int(rows(url, f'SELECT count(*) AS count FROM "{table}"')[0]["count"])


def _text_of(digits: str) -> str:
    return bytes.fromhex(digits).decode("latin-1")


async def _collect(url: str, found: list[str]) -> None:
    connection = await Address.parse(url).open()
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in tables:
            content = await connection.fetch(f'SELECT t::text AS row FROM "{table["tablename"]}" t')
            found.extend(each["row"] for each in content)
    finally:
        await connection.close()


async def _ask(url: str, query: str, values: tuple[object, ...], found: list[dict[str, Any]]) -> None:
    connection = await Address.parse(url).open()
    try:
        found.extend(dict(each) for each in await connection.fetch(query, *values))
    finally:
        await connection.close()
