"""The servers that are raced on, and the crowd that races.

Everything is run against one worker and against two, whose only common ground is PostgreSQL: what one process
decided in its own memory would show with the second.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract_tests.conftest import GENEROUS
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.lanes import Lanes, opened
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import rows
from contract_tests.races.crowd import FIFTY
from contract_tests.storage.cluster import SharedCluster


@dataclass(frozen=True, slots=True)
class Arena:
    """A running server, the database under it, its operator, and Ada, who has a workspace there."""

    server: ServerProcess
    workers: int
    url: str
    client: CheckedClient
    admin: Administration
    ada: Person

    def instance(self, *, key: str | None = None) -> Instance:
        """A new instance in Ada's workspace, or in that of `key`."""
        return Instance.register(self.client, key=key or self.ada.key)

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What the database says."""
        return rows(self.url, query, *values)


@contextmanager
def running(workers: int, cluster: SharedCluster, migrated: str, directory: Path) -> Iterator[Arena]:
    """A server of that many workers."""
    url = cluster.create_database("races", like=migrated)
    flags = {"database-url": url, "workers": str(workers)}
    variables = {**GENEROUS, "CANDOR_ACCOUNT_ATTEMPTS": "10"}  # which are counted by person
    server = ServerProcess(directory / "data", flags=flags, variables=variables)
    try:
        admin = Administration(url)
        with server.until_ready().client() as client:
            yield Arena(server, workers, url, client, admin, Person.with_password(admin, "ada"))
    finally:
        code = server.stop()
    assert code == 0, server.stderr
    assert not [each for each in server.events if each["event"] == "unhandled_exception"], server.stderr


@pytest.fixture(scope="session")
def one_worker(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    with running(1, cluster, migrated, tmp_path_factory.mktemp("races")) as made:
        yield made


@pytest.fixture(scope="session")
def two_workers(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    with running(2, cluster, migrated, tmp_path_factory.mktemp("races")) as made:
        yield made


@pytest.fixture(params=["one_worker", "two_workers"], ids=["one worker", "two workers"])
def arena(request: pytest.FixtureRequest) -> Arena:
    """Each of both in turn. A parameter of the session would end the one to begin the other, file by file."""
    made: Arena = request.getfixturevalue(request.param)
    return made


@pytest.fixture
async def crowd(arena: Arena) -> AsyncIterator[Lanes]:
    """Fifty connections, all open before the start."""
    async with opened(arena.server.url, FIFTY) as http:
        yield http
