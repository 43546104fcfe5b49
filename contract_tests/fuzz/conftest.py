"""A server for the fuzzer alone: with a person, a registration key, a release, and with wide quotas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.fuzz.preparation import Prepared, prepare
from contract_tests.fuzz.run import SERVER_FLAGS, SERVER_VARIABLES
from contract_tests.harness.administration import Administration
from contract_tests.harness.memory import LIMIT_MIB, resident_mib
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster


@pytest.fixture(scope="session")
def fuzzed(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prepared]:
    """The server's address with what a fuzzer needs to be somebody there."""
    database_url = cluster.create_database("fuzzed", like=migrated)
    data_dir = tmp_path_factory.mktemp("fuzzed") / "data"
    flags = {"database-url": database_url, **SERVER_FLAGS}
    running = ServerProcess(data_dir, flags=flags, variables=SERVER_VARIABLES)
    try:
        yield prepare(running.until_ready().url, database_url)
        resident = resident_mib(running.process.pid)
    finally:
        code = running.stop()
    assert code == 0, running.stderr
    assert resident < LIMIT_MIB  # of one worker, with the supervisor in it, after everything was thrown at it


@pytest.fixture(scope="session")
def person(admin: Administration) -> Person:
    """Somebody on the server that all tests share."""
    return Person.with_password(admin, "link")
