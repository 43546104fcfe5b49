"""One question to the database per credential, however many alternatives an operation admits.

The engine's compiled security of this contract runs with the real authenticator on the real database; only
the unit of work is one that counts what is asked of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from connexion.security import SecurityHandlerFactory

from api.contract.records import compile_collections
from api.contract.security import SECURITY_MAP, SecurityPlan, compile_security
from api.security import StoredCredentials
from api.settings import Settings
from contract_tests.authorisation import expectation
from contract_tests.authorisation.credentials import Office
from contract_tests.harness.contract import contract
from handlers import secret
from handlers.errors import InsufficientScope, InvalidToken
from persistence.database import Database
from persistence.statement import Statement
from persistence.unit_of_work import Record, UnitOfWork

BEARER = [name for name, is_bearer in expectation.schemes().items() if is_bearer]
SECURED = [
    each.operation_id
    for each in contract().operations.values()
    if any(name in BEARER for alternative in each.declared["security"] for name in alternative)
]
NEVER_ISSUED = bytes(range(32))


class CountingStore(UnitOfWork):
    """The real unit of work, which also notes each time that it is asked."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked = 0

    async def row(self, statement: Statement, /, **values: object) -> Record | None:
        self.asked += 1
        return await super().row(statement, **values)

    async def rows(self, statement: Statement, /, **values: object) -> list[Record]:
        self.asked += 1
        return await super().rows(statement, **values)

    async def write(self, statement: Statement, /, **values: object) -> Record | None:
        self.asked += 1
        return await super().write(statement, **values)

    async def write_rows(self, statement: Statement, /, **values: object) -> list[Record]:
        self.asked += 1
        return await super().write_rows(statement, **values)


@pytest.fixture
async def store(office: Office) -> AsyncIterator[CountingStore]:
    database = await Database.connect(office.database_url, pool_size=1)
    counting = CountingStore(database)
    yield counting
    await counting.rollback()
    await database.close()


@pytest.fixture(scope="module")
def authenticator() -> StoredCredentials:
    return StoredCredentials(
        pat_prefix=Settings().pat_prefix, collections=compile_collections(dict(contract().document))
    )


def plan(operation_id: str) -> SecurityPlan:
    schemes = contract().document["components"]["securitySchemes"]
    declared = contract().operations[operation_id].declared["security"]
    factory = SecurityHandlerFactory(dict(SECURITY_MAP))
    method = contract().operations[operation_id].method
    return compile_security(operation_id, declared, schemes, factory, method=method)


async def ask(
    operation_id: str, authorization: str, authenticator: StoredCredentials, store: CountingStore
) -> str | None:
    """The kind of the caller who is let in; None for one who is not."""
    # A moment later than now, when the last recording is long due: the look-up that decides most.
    now = datetime.now(UTC) + timedelta(milliseconds=1)
    headers = {b"authorization": authorization.encode()}
    try:
        caller = await plan(operation_id).caller(
            headers, frozenset(), authenticator, store=store, now=now, origin="https://cloud.example"
        )
    except (InvalidToken, InsufficientScope):
        return None
    return caller.kind


def test_there_are_alternatives_to_decide_between() -> None:
    several = [each for each in SECURED if len(contract().operations[each].declared["security"]) > 1]
    assert several, "No operation admits two kinds of credential: these tests show nothing."


@pytest.mark.parametrize("operation_id", SECURED)
class TestEverySecuredOperation:
    @pytest.mark.parametrize("scheme", BEARER)
    async def test_asks_once(
        self,
        office: Office,
        authenticator: StoredCredentials,
        store: CountingStore,
        operation_id: str,
        scheme: str,
    ) -> None:
        kind = await ask(operation_id, office.right(scheme)["Authorization"], authenticator, store)
        admitted = {
            name for each in contract().operations[operation_id].declared["security"] for name in each
        }
        assert store.asked == 1
        assert kind == (scheme if scheme in admitted else None)

    @pytest.mark.parametrize("prefix", [Settings().pat_prefix, secret.ACCESS_TOKEN])
    async def test_asks_once_about_a_token_that_never_was(
        self, authenticator: StoredCredentials, store: CountingStore, operation_id: str, prefix: str
    ) -> None:
        token = f"Bearer {secret.compose(prefix, NEVER_ISSUED)}"
        assert await ask(operation_id, token, authenticator, store) is None
        assert store.asked == 1

    async def test_asks_nothing_about_what_cannot_be_a_token(
        self, authenticator: StoredCredentials, store: CountingStore, operation_id: str
    ) -> None:
        assert await ask(operation_id, "Bearer abc", authenticator, store) is None
        assert store.asked == 0
