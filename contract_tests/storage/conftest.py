"""What the storage tests share: databases, a pool, small tables of their own."""

from collections.abc import AsyncIterator, Callable

import pytest

from contract_tests.storage.cluster import SharedCluster
from persistence.database import Database


@pytest.fixture(scope="module")
def database_url(cluster: SharedCluster, request: pytest.FixtureRequest) -> str:
    """A database for the tests of one module."""
    return cluster.create_database(request.module.__name__.rpartition(".")[2])


@pytest.fixture
def fresh_database(cluster: SharedCluster) -> Callable[[], str]:
    """Makes empty databases."""
    return lambda: cluster.create_database("fresh")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, pool_size=4, acquire_timeout_s=2)
    yield database
    await database.close()
