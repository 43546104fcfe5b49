"""The people and instances that the operations' tests share, and a look into the database that they wrote
to.
"""

from __future__ import annotations

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person


@pytest.fixture(scope="session")
def ada(admin: Administration) -> Person:
    """The person to whom most instances belong."""
    return Person.create(admin, "ada")


@pytest.fixture(scope="session")
def eve(admin: Administration) -> Person:
    """A person who belongs to none of Ada's workspaces."""
    return Person.create(admin, "eve")


@pytest.fixture
def instance(client: CheckedClient, ada: Person) -> Instance:
    """A new instance in Ada's workspace."""
    return Instance.register(client, key=ada.key)
