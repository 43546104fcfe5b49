"""Two servers on one database: one as usual, and one that issues tokens which live for a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from contract_tests.authorisation.credentials import Office
from contract_tests.fuzz.run import SERVER_VARIABLES
from contract_tests.harness.administration import Administration
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster

HASTY = {
    "CANDOR_ACCESS_TOKEN_TTL_S": "1",
    "CANDOR_INSTANCE_TOKEN_TTL_S": "1",
    "CANDOR_SIGN_IN_ACCESS_TTL_S": "1",
    "CANDOR_SIGN_IN_TTL_S": "1",
}


@pytest.fixture(scope="session")
def office(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Where credentials come from, and the server that they are good at: `office.http`."""
    database_url = cluster.create_database("authorisation", like=migrated)
    place = tmp_path_factory.mktemp("authorisation")
    admin = Administration(database_url)
    with ExitStack() as stack:
        urls = []
        for name, variables in (("usual", {}), ("hasty", HASTY)):
            server = ServerProcess(
                place / name,
                flags={"database-url": database_url},
                variables={**SERVER_VARIABLES, **variables},
            )
            stack.callback(server.stop)
            urls.append(stack.enter_context(server.until_ready().client()))
        ada = Person.with_password(admin, "ada")
        admin.run("subscription", "grant", "--user", ada.email, "--plan", "individual")
        yield Office(urls[0], urls[1], admin, database_url, ada)
