"""A database of the test's own, rows in it, and the scheduled jobs as the contract makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from api.contract.document import load
from api.contract.retention import compile_retention
from api.jobs.job import Job
from api.settings import CONTRACT
from contract_tests.harness.schedule import scheduled
from contract_tests.jobs.rows import Rows
from contract_tests.storage.cluster import SharedCluster
from persistence.address import Address
from persistence.database import Database
from persistence.retention import Removal, removals


@pytest.fixture
def database_url(cluster: SharedCluster, migrated: str) -> str:
    """A migrated database."""
    return cluster.create_database("jobs", like=migrated)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The same as the program sees it."""
    database = await Database.connect(database_url, pool_size=3)
    yield database
    await database.close()


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    """Rows in it, with a person, an instance and a session to hang them on."""
    connection = await Address.parse(database_url).open()
    rows = Rows(connection)
    await rows.begin()
    yield rows
    await connection.close()


@pytest.fixture(scope="session")
def every_removal() -> Sequence[Removal]:
    """What the contract lets expire, compiled as the server does it."""
    return removals(compile_retention(load(CONTRACT).tree))


@pytest.fixture(scope="session")
def remove_expired() -> Job:
    """The scheduled job."""
    return scheduled()["remove_expired"]
