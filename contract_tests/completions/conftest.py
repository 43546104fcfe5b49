"""One server with a provider for all these suites."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.completions.world import Asker, World, world
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster


@pytest.fixture(scope="session")
def shared_world(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Running."""
    url = cluster.create_database("completions", like=migrated)
    with world(url, tmp_path_factory.mktemp("completions")) as made:
        yield made


@pytest.fixture
def lab(shared_world: World) -> World:
    """With nothing in the provider's script, and nobody's calls under way."""
    shared_world.upstream.forget()
    return shared_world


@pytest.fixture(scope="session")
def ada(shared_world: World) -> Asker:
    """Somebody who has enough."""
    return shared_world.asker()


@pytest.fixture
def client_without_providers(server: ServerProcess, admin: Administration, client: CheckedClient) -> Asker:
    """Somebody on a server whose operator has set up nothing."""
    person = Person.create(admin, "fresh")
    admin.run("subscription", "grant", "--user", person.email, "--plan", "individual")
    instance = Instance.register(client, key=person.key)
    return Asker(client, person, instance.sign_in(person.pat).bearer)
