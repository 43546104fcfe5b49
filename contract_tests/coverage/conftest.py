"""Who asks, and the server that fails on purpose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.coverage import faulty_program
from contract_tests.coverage.asking import wallet_of
from contract_tests.fuzz.credentials import Wallet
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess


@pytest.fixture(scope="session")
def wallet(client: CheckedClient, admin: Administration) -> Wallet:
    """Credentials of the shared server's database."""
    return wallet_of(Person.with_password(admin, "mary"), client)


@pytest.fixture(scope="module")
def faulty(server_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with faults, on the same database as `server`."""
    place = tmp_path_factory.mktemp("faulty")
    running = ServerProcess(
        place / "data",
        flags={"database-url": server_database},
        variables=faulty_program.make(place / "program"),
    )
    try:
        yield running.until_ready()
    finally:
        running.stop()
