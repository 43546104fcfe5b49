"""A running server, the command line on its database, and a person that a test may treat as it likes."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from contract_tests.admin.typed import Desk
from contract_tests.harness.checking import CheckedClient


@dataclass(frozen=True, slots=True)
class Somebody:
    """An account made for one test."""

    id: str
    email: str
    username: str


@pytest.fixture(scope="session")
def desk(client: CheckedClient, server_database: str) -> Desk:
    """The command line on the database of the running server."""
    assert client.get("/health").status_code == 200
    return Desk(server_database)


@pytest.fixture
def new_user(desk: Desk) -> Callable[[], Somebody]:
    """Makes accounts."""

    def make() -> Somebody:
        username = f"user-{secrets.token_hex(5)}"
        email = f"{username}@example.org"
        user_id = desk.run("user", "create", "--email", email, "--username", username, "--name", "Some Body")[
            "id"
        ]
        return Somebody(user_id, email, username)

    return make


@pytest.fixture
def somebody(new_user: Callable[[], Somebody]) -> Somebody:
    """An account of the test's own."""
    return new_user()
