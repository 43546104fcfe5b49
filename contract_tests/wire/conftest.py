"""What frames the suite: a look at the server when all is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.harness.server import ServerProcess


@pytest.fixture(scope="package", autouse=True)
def unharmed(server: ServerProcess) -> Iterator[None]:
    """After all cases the server answers, and nothing that came was worth a line in its log."""
    said = len(server.events)
    yield
    with server.client() as client:
        assert client.get("/health").json()["status"] == "ok"
    complaints = [each for each in server.events[said:] if each["level"] != "info"]
    assert complaints == []
