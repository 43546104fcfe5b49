"""A database of the test's own, with a pool that lets fifty work at the same moment."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.gateways.randomness import SystemRandomness
from contract_tests.credits.ledger import Ledger
from contract_tests.storage.cluster import SharedCluster
from persistence.database import Database


@pytest.fixture(scope="module")
def books_url(cluster: SharedCluster, migrated: str) -> str:
    """A migrated database for the tests of one module."""
    return cluster.create_database("credits", like=migrated)


@pytest.fixture
async def ledger(books_url: str) -> AsyncIterator[Ledger]:
    """Its books, which must balance when the test ends."""
    database = await Database.connect(books_url, pool_size=25, acquire_timeout_s=60, statement_timeout_s=60)
    ledger = Ledger(books_url, database)
    await ledger.rows("DELETE FROM account")
    yield ledger
    assert await ledger.faults() == []
    await database.close()


@pytest.fixture
async def server_ledger(server_database: str) -> AsyncIterator[Ledger]:
    """The books under the server that all tests share, which other people have credits in as well."""
    database = await Database.connect(server_database, pool_size=4)
    yield Ledger(server_database, database, SystemRandomness())
    await database.close()
