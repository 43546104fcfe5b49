"""What a client of another maker finds: the server's own metadata, and a person who approves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient, check
from contract_tests.harness.instances import approve
from contract_tests.harness.people import Person


@pytest.fixture(scope="session")
def person(admin: Administration) -> Person:
    return Person.create(admin, "grace")


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


def held_to_the_contract(method: str, url: str, status: int, headers: Any, content: bytes) -> None:
    """Check an answer that another maker's client got. Raises ContractBroken."""
    kept = [(name, value) for name, value in headers.items() if name.lower() != "content-length"]
    check(httpx.Response(status, headers=kept, content=content, request=httpx.Request(method, url)))
