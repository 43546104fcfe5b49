"""A database with an instance to write about, and its outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from api.gateways.randomness import SystemRandomness
from contract_tests.jobs.rows import INSTANCE, Rows
from contract_tests.storage.cluster import SharedCluster
from contract_tests.transport.authority import Authority
from handlers.ports import Randomness
from persistence import mails
from persistence.address import Address
from persistence.database import Database

ADA = "ada@example.org"
KIND = "instance_claimed"


class Outbox:
    """The mails of one database."""

    def __init__(self, database: Database, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.database = database
        self._connection = connection
        self._randomness: Randomness = SystemRandomness()

    async def queue(
        self, to: str = ADA, *, kind: str = KIND, subject_id: str = INSTANCE, now: datetime | None = None
    ) -> str:
        """Put one in, as an operation does; its id."""
        now = now if now is not None else datetime.now(UTC)
        id = self._randomness.id(now)
        async with self.database.unit_of_work() as store:
            mails.queue_mail(store, id=id, kind=kind, to=to, subject_id=subject_id, now=now)
        return id

    async def rows(self) -> list[dict[str, Any]]:
        """All of them, the oldest first."""
        return [dict(row) for row in await self._connection.fetch("SELECT * FROM mail ORDER BY id")]

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.rows()]

    async def change(self, command: str, *values: object) -> None:
        """What time, an operator or another server does meanwhile."""
        await self._connection.execute(command, *values)

    async def come_due(self) -> None:
        """Let whatever waits have waited."""
        await self.change("UPDATE mail SET due_at = now() WHERE state IN ('queued', 'sending')")


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of SMTP servers."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def database_url(cluster: SharedCluster, migrated: str) -> str:
    """A migrated database."""
    return cluster.create_database("mails", like=migrated)


@pytest.fixture
async def outbox(database_url: str) -> AsyncIterator[Outbox]:
    """Its outbox; beside it there is an instance, `lab-1` in the workspace `lab` of Ada."""
    connection = await Address.parse(database_url).open()
    await Rows(connection).begin()
    await connection.execute("UPDATE instance SET name = 'lab-1' WHERE id = $1", INSTANCE)
    database = await Database.connect(database_url, pool_size=4)
    yield Outbox(database, connection)
    await database.close()
    await connection.close()
