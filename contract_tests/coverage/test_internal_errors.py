"""500: what a client sees of our faults and of a damaged database. That there is one, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from contract_tests.conftest import GENEROUS, StartServer
from contract_tests.coverage.asking import OPERATIONS, ask, declaring, wallet_of
from contract_tests.coverage.faulty_program import SECRET
from contract_tests.fuzz.authentication import SIGNING_OUT
from contract_tests.fuzz.checks import PYTHON
from contract_tests.fuzz.credentials import Wallet
from contract_tests.harness.administration import Administration
from contract_tests.harness.contract import contract
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import execute
from contract_tests.storage.cluster import SharedCluster

# `health` asks whether there is a database, and reads no table of it.
STORING = [name for name in declaring("503") if name != "health"]
TABLES = [name for name in contract().document["components"]["x-records"] if name != "alembic_version"]

# What ends a credential is asked alone: a new one cannot be had while a table is away.
SPENDING_LITTLE = [
    [each for each in OPERATIONS if each not in SIGNING_OUT],
    *([each] for each in SIGNING_OUT),
]


def is_opaque(answer: httpx.Response) -> bool:
    """Whether a 500 names its request, and nothing of what happened."""
    body = answer.json()
    word = "server_error" if answer.request.url.path.startswith("/oauth2/") else "internal_error"
    named = (body["error"], body["request_id"]) == (word, answer.headers["X-Request-Id"])
    return named and not PYTHON.search(answer.content) and SECRET not in answer.text


def since(server: ServerProcess, said: int) -> list[dict[str, object]]:
    """What it has said after so many events; what its jobs do meanwhile is not of a request."""
    return [each for each in server.events[said:] if "job" not in each]


class TestFaultOfOurs:
    @pytest.mark.parametrize("operation_id", OPERATIONS)
    def test_is_an_opaque_500(self, faulty: ServerProcess, wallet: Wallet, operation_id: str) -> None:
        said = len(faulty.events)
        with faulty.client() as client:
            answers = list(ask(client, OPERATIONS[operation_id], wallet))
        assert [each.status_code for each in answers] == [500] * len(answers)
        assert all(map(is_opaque, answers))
        told = [
            (each["event"], each["operation_id"], each["request_id"], each["exception"])
            for each in since(faulty, said)
        ]
        assert told == [
            ("unhandled_exception", operation_id, each.headers["X-Request-Id"], "RuntimeError")
            for each in answers
        ]

    def test_is_one_outside_of_operations_too(self, faulty: ServerProcess) -> None:
        said = len(faulty.events)
        with faulty.client() as client:
            answers = [client.get("/no/such/path"), client.delete("/health")]
        assert [each.status_code for each in answers] == [500, 500]
        assert all(map(is_opaque, answers))
        assert [each["event"] for each in since(faulty, said)] == ["contract_violation"] * 2


class TestDamagedDatabase:
    """Each table away in turn: an operation that needs it answers 500, the others as if nothing was.

    Never does a missing table make a good credential bad, an existing thing missing, or a refusal an
    acceptance.
    """

    @pytest.mark.timeout(600)  # on a machine that is busy with more than this
    def test_is_a_500_to_those_who_need_it(
        self, start_server: StartServer, cluster: SharedCluster, migrated: str
    ) -> None:
        url = cluster.create_database("damaged", like=migrated)
        server = start_server(database_url=url, variables=GENEROUS)
        with server.client() as client:
            wallet = wallet_of(Person.with_password(Administration(url), "mary"), client)
            whole = {name: statuses(client, name, wallet) for name in OPERATIONS}
            assert 500 not in {status for each in whole.values() for status in each}
            needed: dict[str, set[str]] = {name: set() for name in OPERATIONS}
            for table in TABLES:
                for names in SPENDING_LITTLE:
                    hold_all(wallet)
                    with away(url, table):
                        for name in names:
                            found = statuses(client, name, wallet)
                            assert all(
                                each in (500, usual) for each, usual in zip(found, whole[name], strict=True)
                            ), f"{name} without {table}: {found} instead of {whole[name]}"
                            needed[name] |= {table} if 500 in found else set()
            assert [name for name, tables in needed.items() if tables] == STORING
            assert {name: statuses(client, name, wallet) for name in OPERATIONS} == whole


def hold_all(wallet: Wallet) -> None:
    """Get now what could not be got later."""
    for scheme in contract().document["components"]["securitySchemes"]:
        wallet.headers(scheme)


@contextmanager
def away(url: str, table: str) -> Iterator[None]:
    """A database without one of its tables, for a while."""
    execute(url, f'ALTER TABLE "{table}" RENAME TO "{table}_is_away"')
    try:
        yield
    finally:
        execute(url, f'ALTER TABLE "{table}_is_away" RENAME TO "{table}"')


def statuses(client: httpx.Client, operation_id: str, wallet: Wallet) -> list[int]:
    """What an operation answers to each kind of credential that it admits; a 500 is an opaque one."""
    answers = list(ask(client, OPERATIONS[operation_id], wallet))
    assert all(is_opaque(each) for each in answers if each.status_code == 500)
    return [each.status_code for each in answers]
