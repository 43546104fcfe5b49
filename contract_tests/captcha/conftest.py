"""A server with a captcha, behind a proxy that says who calls, and the service that it asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from contract_tests.conftest import GENEROUS
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.turnstile import TurnstileService
from contract_tests.storage.cluster import SharedCluster

PROXY = {"CANDOR_TRUSTED_PROXIES": "127.0.0.0/8"}


@dataclass(frozen=True, slots=True)
class Guarded:
    """A running server, the service that tells it who is a person, and somebody with a password."""

    server: ServerProcess
    database_url: str
    client: CheckedClient
    service: TurnstileService
    ada: Person

    def events(self, word: str) -> list[dict[str, object]]:
        """What the server has logged of that kind."""
        return [each for each in self.server.events if each["event"] == word]


@pytest.fixture(scope="session")
def guarded(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """With the limits that tests share, so that the captcha alone decides."""
    url = cluster.create_database("captcha", like=migrated)
    with TurnstileService() as service:
        server = ServerProcess(
            tmp_path_factory.mktemp("captcha") / "data",
            flags={"database-url": url},
            variables={**GENEROUS, **PROXY, **service.variables},
        )
        try:
            with server.until_ready().client() as client:
                ada = Person.with_password(Administration(url), "ada")
                yield Guarded(server, url, client, service, ada)
        finally:
            code = server.stop()
        assert code == 0, server.stderr
