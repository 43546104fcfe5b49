"""Nothing tells whether an address has an account: not an answer, and not the time that it takes, because the
database is asked the same things in the same order either way.

The handlers run here in the test's process, on a real database, so that what they ask can be written down.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from api.contract.document import load
from api.settings import CONTRACT, Settings
from api.wiring import ports_of
from contract_tests.harness.administration import Administration
from contract_tests.harness.newcomers import Newcomer
from contract_tests.harness.people import Person
from contract_tests.storage.cluster import SharedCluster
from handlers.account import operations
from handlers.caller import Caller
from handlers.ports import Ports
from persistence.database import Database
from persistence.statement import Statement
from persistence.unit_of_work import Record, UnitOfWork

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Watched(UnitOfWork):
    """A unit of work that writes down what it is asked to run."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked: list[tuple[str, str]] = []

    async def row(self, statement: Statement, /, **values: object) -> Record | None:
        self.asked.append(("row", statement.sql))
        return await super().row(statement, **values)

    async def write(self, statement: Statement, /, **values: object) -> Record | None:
        self.asked.append(("write", statement.sql))
        return await super().write(statement, **values)

    async def write_rows(self, statement: Statement, /, **values: object) -> list[Record]:
        self.asked.append(("write_rows", statement.sql))
        return await super().write_rows(statement, **values)

    def defer(
        self, statement: Statement, /, *, otherwise: Callable[[], Exception] | None = None, **values: object
    ) -> None:
        self.asked.append(("defer", statement.sql))
        super().defer(statement, otherwise=otherwise, **values)


@pytest.fixture(scope="module")
def url(cluster: SharedCluster, migrated: str) -> str:
    return cluster.create_database("no_telling", like=migrated)


@pytest.fixture(scope="module")
def person(url: str) -> Person:
    """Somebody with an account and a password."""
    return Person.with_password(Administration(url), "ann")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await Database.connect(url, pool_size=1)
    yield opened
    await opened.close()


@pytest.fixture
async def ports() -> AsyncIterator[Ports]:
    settings = replace(
        Settings(),
        account_mails_per_email=1000,
        account_mails_per_address=1000,
        sign_ups_per_origin=1000,
    )
    made = ports_of(settings, load(CONTRACT))
    yield made
    await made.passwords.close()


Call = Callable[[str, UnitOfWork, Ports, Person], Awaitable[Any]]


async def sign_up(email: str, store: UnitOfWork, ports: Ports, person: Person) -> Any:
    return await operations.sign_up(
        body=replace(Newcomer.invented(), email=email).body,
        user_agent=None,
        accept_language=None,
        store=store,
        ports=ports,
        now=NOW,
        client_ip="192.0.2.1",
    )


async def resend_verification(email: str, store: UnitOfWork, ports: Ports, person: Person) -> Any:
    return await operations.resend_verification(
        body={"email": email}, store=store, ports=ports, now=NOW, client_ip="192.0.2.1"
    )


async def request_password_reset(email: str, store: UnitOfWork, ports: Ports, person: Person) -> Any:
    return await operations.request_password_reset(
        body={"email": email}, store=store, ports=ports, now=NOW, client_ip="192.0.2.1"
    )


async def update_account(email: str, store: UnitOfWork, ports: Ports, person: Person) -> Any:
    answer = await operations.update_account(
        body={"email": email, "current_password": person.password},
        caller=Caller(kind="session", user_id=person.id, sign_in_id=None),
        store=store,
        ports=ports,
        now=NOW,
        client_ip="192.0.2.1",
    )
    answer.body.pop("updated_at")  # type: ignore[attr-defined]
    return answer


@pytest.mark.parametrize("call", [sign_up, resend_verification, request_password_reset, update_account])
async def test_an_address_with_an_account_is_asked_and_answered_the_same(
    call: Call, database: Database, ports: Ports, url: str, person: Person
) -> None:
    other = Person.create(Administration(url), "other")
    waiting = Newcomer.invented()
    async with Watched(database) as store:
        await sign_up(waiting.email, store, ports, person)
    seen = []
    for email in (other.email, Newcomer.invented().email, waiting.email):
        async with Watched(database) as store:
            answer = await call(email, store, ports, person)
        seen.append((store.asked, answer))
    assert seen[0] == seen[1] == seen[2]
    assert any("INSERT INTO mail" in sql for _, sql in seen[0][0])
