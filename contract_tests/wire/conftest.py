"""What frames the suite: slow clients in the background, and a look at the server when all is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.harness.server import ServerProcess
from contract_tests.wire.slow import SlowClients


@pytest.fixture(scope="package", autouse=True)
def slow_clients(server: ServerProcess) -> Iterator[SlowClients]:
    """They begin with the first case, so that nobody waits for them at the end."""
    clients = SlowClients(server)
    yield clients
    clients.leave()


@pytest.fixture(scope="package", autouse=True)
def unharmed(server: ServerProcess) -> Iterator[None]:
    """After all cases the server answers, and nothing that came was worth a line in its log."""
    said = len(server.events)
    yield
    with server.client() as client:
        assert client.get("/health").json()["status"] == "ok"
    complaints = [each for each in server.events[said:] if each["level"] != "info"]
    assert complaints == []
