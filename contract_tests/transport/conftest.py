"""A server that speaks TLS, the authority behind its certificate, and handshakes that its clients leave
unfinished while everything else is tested.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster
from contract_tests.transport.authority import Authority, rsa_key
from contract_tests.transport.stalling import StalledHandshakes


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="package")
def secured_database(cluster: SharedCluster, migrated: str) -> str:
    return cluster.create_database("secured", like=migrated)


@pytest.fixture(scope="package")
def secured(
    authority: Authority, secured_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server on https; when all is over, nothing that came was worth a line in its log."""
    pair = authority.issue("secured", key=rsa_key())  # RSA is what the old ciphers need
    flags = {
        "database-url": secured_database,
        "tls-cert": str(pair.certificate),
        "tls-key": str(pair.key),
    }
    running = ServerProcess(tmp_path_factory.mktemp("secured") / "data", flags=flags)
    try:
        yield running.until_ready()
    finally:
        code = running.stop()
    assert code == 0, running.stderr
    assert [each for each in running.events if each["level"] != "info"] == []
    assert "Traceback" not in running.stderr


@pytest.fixture(scope="package", autouse=True)
def stalled(secured: ServerProcess) -> Iterator[StalledHandshakes]:
    """They begin first, so that nobody waits for them at the end."""
    handshakes = StalledHandshakes(secured)
    yield handshakes
    handshakes.leave()


@pytest.fixture(scope="package")
def secured_client(secured: ServerProcess, authority: Authority) -> Iterator[CheckedClient]:
    with secured.client(verify=authority.client_context()) as checked:
        yield checked


@pytest.fixture(scope="package")
def someone(secured: ServerProcess, secured_database: str) -> Person:
    return Person.create(Administration(secured_database), "hedy")
