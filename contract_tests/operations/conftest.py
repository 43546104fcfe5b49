"""The people and instances that the operations' tests share, and a look into the database that they wrote
to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from contract_tests.conftest import GENEROUS
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.code_flow import Headers, Proof, register
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person
from contract_tests.harness.second_factors import Holder
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster


@pytest.fixture(scope="session")
def ada(admin: Administration) -> Person:
    """The person to whom most instances belong."""
    return Person.with_password(admin, "ada")


@pytest.fixture(scope="session")
def eve(admin: Administration) -> Person:
    """A person who belongs to none of Ada's workspaces."""
    return Person.with_password(admin, "eve")


@pytest.fixture
def instance(client: CheckedClient, ada: Person) -> Instance:
    """A new instance in Ada's workspace."""
    return Instance.register(client, key=ada.key)


@pytest.fixture
def tool(client: CheckedClient, ada: Person) -> Instance:
    """A new instance in Ada's workspace that may use the authorization code flow."""
    return register(client, key=ada.key)


@pytest.fixture
def proof() -> Proof:
    """A client's PKCE pair."""
    return Proof()


@pytest.fixture
def her(client: CheckedClient, ada: Person) -> Headers:
    """Ada in her browser, on a page of the server."""
    return ada.browser(client).headers


@dataclass(frozen=True, slots=True)
class Home:
    """A server under the name `localhost`, for which browsers make passkeys without TLS."""

    server: ServerProcess
    url: str
    client: CheckedClient
    admin: Administration

    def person(self, name: str = "ada") -> Holder:
        """Somebody new, signed in with a password and nothing else."""
        return Holder.sign_in(self.client, Person.with_password(self.admin, name))


@pytest.fixture(scope="session")
def home(cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The server that second factors are tried at."""
    url = cluster.create_database("home", like=migrated)
    data_dir = tmp_path_factory.mktemp("home") / "data"
    flags = {"database-url": url, "host": "localhost"}
    server = ServerProcess(data_dir, flags=flags, variables={**GENEROUS, "CANDOR_ACCOUNT_ATTEMPTS": "10"})
    try:
        with server.until_ready().client() as client:
            yield Home(server, url, client, Administration(url))
    finally:
        code = server.stop()
    assert code == 0, server.stderr
