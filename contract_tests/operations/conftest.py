"""The people and instances that the operations' tests share, and a look into the database that they wrote
to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.code_flow import Headers, Proof, register
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person
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
class Bounds:
    """A running server with limits that tests reach, the database under it and its operator. A proxy, at an
    address of its own, tells it who calls, so that each test has addresses to itself.
    """

    server: ServerProcess
    url: str
    public_url: str
    admin: Administration

    def client(self, address: str | None = None) -> CheckedClient:
        """Somebody at that address, through the proxy; at one that nobody else has if it is not told."""
        proxy = httpx.HTTPTransport(local_address=_PROXY)
        return self.server.client(headers=at(address), transport=proxy)

    def async_client(self) -> AsyncCheckedClient:
        """Somebody with many calls at once, at an address that nobody else has."""
        proxy = httpx.AsyncHTTPTransport(local_address=_PROXY)
        return self.server.async_client(headers=at(), transport=proxy)


_PROXY = "127.0.0.2"
_numbers = itertools.count(1)


def at(address: str | None = None) -> dict[str, str]:
    """The header with which the proxy says who calls: who has that address, or one that nobody else has."""
    return {"X-Forwarded-For": address or str(IPv4Address("198.18.0.0") + next(_numbers))}


@contextmanager
def _bounded(
    cluster: SharedCluster, migrated: str, directory: Path, public_url: str, limits: Mapping[str, int]
) -> Iterator[Bounds]:
    url = cluster.create_database("bounds", like=migrated)
    variables = {f"CANDOR_{name}": str(value) for name, value in limits.items()}
    server = ServerProcess(
        directory / "data",
        flags={"database-url": url, "public-url": public_url},
        variables={"CANDOR_TRUSTED_PROXIES": _PROXY, **variables},
    )
    try:
        yield Bounds(server.until_ready(), url, public_url, Administration(url))
    finally:
        code = server.stop()
    assert code == 0, server.stderr


@pytest.fixture(scope="session")
def strict(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bounds]:
    """Little is allowed to one address or person, and a refresh token is good once."""
    limits = {
        "ACCOUNT_MAILS_PER_ADDRESS": 2,
        "ACCOUNT_MAILS_PER_EMAIL": 2,
        "AUTHORIZATION_REQUESTS": 3,
        "REFRESH_GRACE_S": 0,
        "UNCLAIMED_PER_ADDRESS": 2,
    }
    directory = tmp_path_factory.mktemp("strict")
    with _bounded(cluster, migrated, directory, "https://cloud.example", limits) as made:
        yield made


@pytest.fixture(scope="session")
def small(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bounds]:
    """Little of all may wait there, but much of it may come from one address."""
    limits = {
        "ACCOUNT_MAILS_PER_ADDRESS": 100,
        "SIGN_UP_CAP": 2,
        "UNCLAIMED_CAP": 3,
        "UNCLAIMED_PER_ADDRESS": 1000,
        "UNCLAIMED_TTL_S": 2,
        "USER_CODE_ATTEMPTS": 3,
    }
    directory = tmp_path_factory.mktemp("small")
    with _bounded(cluster, migrated, directory, "http://cloud.example", limits) as made:
        yield made
