"""A server behind a proxy that says who calls: the tests share it, and each has addresses and people to
itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster

_PROXY = {"CANDOR_TRUSTED_PROXIES": "127.0.0.0/8"}
_numbers = itertools.count(1)
CAP = 10


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running server of two workers, the database under it and its operator."""

    server: ServerProcess
    url: str
    client: CheckedClient
    admin: Administration

    def person(self, name: str) -> Person:
        """A new account."""
        return Person.create(self.admin, name)


@contextmanager
def running(cluster: SharedCluster, migrated: str, directory: Path, **variables: str) -> Iterator[Cloud]:
    """A cloud with these settings, on a database of its own."""
    url = cluster.create_database("throttles", like=migrated)
    given: Mapping[str, str] = {**_PROXY, **{f"CANDOR_{name.upper()}": variables[name] for name in variables}}
    server = ServerProcess(directory / "data", flags={"database-url": url, "workers": "2"}, variables=given)
    try:
        with server.until_ready().client() as client:
            yield Cloud(server, url, client, Administration(url))
    finally:
        code = server.stop()
    assert code == 0, server.stderr


@pytest.fixture(scope="session")
def cloud(cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """With the limits that a server has unless its operator says otherwise."""
    with running(cluster, migrated, tmp_path_factory.mktemp("throttles")) as made:
        yield made


@pytest.fixture(scope="session")
def tight_cloud(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """With fewer sign-ins from one address than a server has by default, and where ten unclaimed may wait."""
    directory = tmp_path_factory.mktemp("tight")
    with running(
        cluster, migrated, directory, sign_in_attempts_per_address="12", unclaimed_cap=str(CAP)
    ) as made:
        yield made


def at(address: object) -> dict[str, str]:
    """The header with which the proxy says who calls."""
    return {"X-Forwarded-For": str(address)}


def ipv4() -> IPv4Address:
    """An address that no other test has."""
    return IPv4Address("10.0.0.0") + next(_numbers)


def ipv6_prefix() -> IPv6Address:
    """The first address of a /64 that no other test has."""
    return IPv6Address("2001:db8::") + (next(_numbers) << 64)
