"""400, 415 and 429 of every operation that declares them, whatever else its own tests ask of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.coverage.asking import OPERATIONS, ask, declaring, wallet_of
from contract_tests.fuzz.credentials import Wallet
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import execute
from contract_tests.storage.cluster import SharedCluster

STRICT = {
    "CANDOR_USER_CODE_ATTEMPTS": "1",
    "CANDOR_UNCLAIMED_PER_ADDRESS": "1",
    "CANDOR_SIGN_UPS_PER_ORIGIN": "1",
    "CANDOR_SIGN_IN_ATTEMPTS": "1",
    "CANDOR_ACCOUNT_ATTEMPTS": "1",
    "CANDOR_ACCOUNT_MAILS_PER_ADDRESS": "1",
    "CANDOR_ACCOUNT_MAILS_PER_EMAIL": "1",
}
COUNTING_LITTLE = {"authorize", "complete_sign_in", "complete"}
"""They count only what comes from a client that exists, with a ticket, or is under way, and not the examples:
each has a test of its own."""


@pytest.fixture(scope="module")
def strict_database(cluster: SharedCluster, migrated: str) -> str:
    return cluster.create_database("strict", like=migrated)


@pytest.fixture(scope="module")
def strict(strict_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckedClient]:
    """A client of a server that allows one of everything."""
    data_dir = tmp_path_factory.mktemp("strict") / "data"
    server = ServerProcess(data_dir, flags={"database-url": strict_database}, variables=STRICT)
    try:
        with server.until_ready().client() as checked:
            yield checked
    finally:
        server.stop()


@pytest.mark.parametrize("operation_id", declaring("400"))
def test_a_host_that_is_none_is_refused(client: CheckedClient, wallet: Wallet, operation_id: str) -> None:
    for answer in ask(client, OPERATIONS[operation_id], wallet, Host="not a host"):
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/header/Host"


OWN_PAGES = [name for name, each in OPERATIONS.items() if each.declared.get("x-origin") == "own"]


@pytest.mark.parametrize("operation_id", OWN_PAGES)
def test_a_page_of_another_site_is_refused(client: CheckedClient, wallet: Wallet, operation_id: str) -> None:
    for answer in ask(client, OPERATIONS[operation_id], wallet, Origin="https://elsewhere.example"):
        assert (answer.status_code, answer.json()["error"]) == (403, "origin_refused")


@pytest.mark.parametrize("operation_id", declaring("415"))
def test_a_body_of_a_kind_that_nobody_reads_is_refused(
    client: CheckedClient, wallet: Wallet, operation_id: str
) -> None:
    for answer in ask(client, OPERATIONS[operation_id], wallet, **{"Content-Type": "text/nothing"}):
        assert answer.status_code == 415


def test_a_file_that_is_not_published_is_not_found(client: CheckedClient) -> None:
    assert client.get("/assets/no-such-file.css").status_code == 404


@pytest.mark.parametrize("operation_id", [each for each in declaring("429") if each not in COUNTING_LITTLE])
def test_what_is_limited_says_when_to_come_again(
    strict: CheckedClient, strict_database: str, operation_id: str
) -> None:
    wallet = wallet_of(Person.with_password(Administration(strict_database), "mary"), strict)
    execute(strict_database, "DELETE FROM attempt")  # what other operations have used up
    asked = [answer for _ in range(2) for answer in ask(strict, OPERATIONS[operation_id], wallet)]
    assert [each.status_code == 429 for each in asked] == [False, *[True] * (len(asked) - 1)]
    assert int(asked[-1].headers["Retry-After"]) > 0
