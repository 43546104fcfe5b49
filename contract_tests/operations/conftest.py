"""The people and instances that the operations' tests share, and a look into the database that they wrote
to.
"""

from __future__ import annotations

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.code_flow import Headers, Proof, register
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person


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
