"""What a client of another maker finds: the server's own metadata, and a person who approves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.harness import code_flow
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient, check
from contract_tests.harness.instances import approve
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster
from contract_tests.transport.authority import Authority


@pytest.fixture(scope="session")
def person(admin: Administration) -> Person:
    return Person.with_password(admin, "grace")


@pytest.fixture(scope="session")
def metadata(client: CheckedClient) -> dict[str, Any]:
    """RFC 8414: where everything is."""
    found: dict[str, Any] = client.get("/.well-known/oauth-authorization-server").json()
    return found


@pytest.fixture
def approval(client: CheckedClient, person: Person) -> Callable[[str], None]:
    """The person approves a user code."""

    def allow(user_code: str) -> None:
        answer = approve(client, person.pat, user_code)
        assert answer.status_code == 200, answer.text

    return allow


@dataclass(frozen=True, slots=True)
class Cloud:
    """A server on https as programs outside of this process find it: its address, whom to trust, and somebody
    who approves."""

    url: str
    authority: Path
    client: CheckedClient
    person: Person

    def visit(self, address: str) -> str:
        """The person's browser goes where a client sends it and the person allows what is asked; the address
        to which the page sends the browser.
        """
        return code_flow.visit(self.client, self.person.browser(self.client).headers, address)

    def allow(self, user_code: str) -> None:
        """The person approves a user code."""
        answer = approve(self.client, self.person.pat, user_code)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="package")
def cloud(cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """It lets clients poll every second, or their tests would mostly wait."""
    directory = tmp_path_factory.mktemp("cloud")
    authority = Authority(directory)
    pair = authority.issue("cloud")
    database = cluster.create_database("cloud", like=migrated)
    server = ServerProcess(
        directory / "data",
        flags={
            "host": "localhost",
            "database-url": database,
            "tls-cert": str(pair.certificate),
            "tls-key": str(pair.key),
        },
        variables={"CANDOR_DEVICE_INTERVAL_S": "1"},
    )
    try:
        url = server.until_ready().url
        person = Person.with_password(Administration(database), "grace")
        with server.client(verify=authority.client_context()) as client:
            yield Cloud(url, authority.file, client, person)
    finally:
        server.stop()
    told = {each["event"] for each in server.events if each["level"] != "info"}
    assert told <= {"grant_replayed"}  # which the clients do on purpose


def held_to_the_contract(method: str, url: str, status: int, headers: Any, content: bytes) -> None:
    """Check an answer that another maker's client got. Raises ContractBroken."""
    kept = [(name, value) for name, value in headers.items() if name.lower() != "content-length"]
    check(httpx.Response(status, headers=kept, content=content, request=httpx.Request(method, url)))
