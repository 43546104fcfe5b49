"""PostgreSQL for a run: our own, as operators get it, in a directory that is removed at the end.

Its settings are the product's, durable commits included. Every side of a row works on this one server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import asyncpg

from contract_tests.bench.cores import starting_on
from persistence.address import Address
from persistence.embedded import EmbeddedPostgres
from persistence.embedded.layout import ADMINISTRATOR, APPLICATION, Layout
from persistence.migrations import migrate

Rows = Sequence[asyncpg.Record]


class Store:
    """A running server. `core` is where it and all its processes stay."""

    def __init__(self, *, core: int) -> None:
        self._core = core
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        """Start it."""
        with ExitStack() as opened:
            folder = opened.enter_context(TemporaryDirectory(prefix="candor-bench-"))
            self.layout = Layout(Path(folder, "data"))
            with starting_on(self._core):
                opened.enter_context(EmbeddedPostgres(self.layout.data_dir))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it and remove what it stored."""
        self._opened.close()

    def database(self, name: str) -> str:
        """A new database of the application's role; its URL."""
        self.run(f'CREATE DATABASE "{name}" OWNER "{APPLICATION}" TEMPLATE template0', database="postgres")
        return self.layout.url(database=name)

    def migrated(self, name: str) -> str:
        """A new database with the program's tables; its URL."""
        url = self.database(name)
        migrate(url, report=lambda progress: None)
        return url

    def drop(self, name: str) -> None:
        """Remove a database that nobody uses any more."""
        self.run(f'DROP DATABASE "{name}"', database="postgres")

    def run(self, *commands: str, database: str) -> None:
        """Run commands, each with its own commit, as the cluster's administrator."""
        asyncio.run(self._each(commands, database))

    def rows(self, query: str, *arguments: Any, database: str) -> Rows:
        """What a query returns."""
        return asyncio.run(self._fetch(query, arguments, database))

    async def _each(self, commands: Sequence[str], database: str) -> None:
        connection = await self._connection(database)
        try:
            for command in commands:
                await connection.execute(command)
        finally:
            await connection.close()

    async def _fetch(self, query: str, arguments: tuple[Any, ...], database: str) -> Rows:
        connection = await self._connection(database)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def _connection(self, database: str) -> asyncpg.Connection[asyncpg.Record]:
        return await Address.parse(self.layout.url(database=database, role=ADMINISTRATOR)).open()
