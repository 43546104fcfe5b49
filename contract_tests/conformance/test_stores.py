"""What an operation adds to the database or changes in it is what the contract says of it: `x-stores`, and
the record of `x-collect`. Every table is compared around a call of each operation.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.conftest import GENEROUS
from contract_tests.coverage.asking import OPERATIONS, ask_with, schemes_of, wallet_of
from contract_tests.fuzz.credentials import Wallet
from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import post_sign_in
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import contract
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import rows
from contract_tests.storage.cluster import SharedCluster

JOBS_OWN = {"mail", "account_token"}  # rows that the job which sends mails adds and changes afterwards
RECORDS = contract().document["components"]["x-records"]
TABLES = [name for name in RECORDS if not name.startswith("pgqueuer") and name != "alembic_version"]
WHEN_REFUSED = {name for name, record in RECORDS.items() if record.get("when-refused")}
DIGESTS = " UNION ALL ".join(
    f"SELECT '{table}' AS name, md5(t::text) AS digest FROM \"{table}\" t" for table in TABLES
)


@pytest.fixture(scope="module")
def url(cluster: SharedCluster, migrated: str) -> str:
    return cluster.create_database("stores", like=migrated)


@pytest.fixture(scope="module")
def asked(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckedClient]:
    """A server that nobody else uses meanwhile."""
    data_dir = tmp_path_factory.mktemp("stores") / "data"
    server = ServerProcess(data_dir, flags={"database-url": url}, variables=GENEROUS)
    try:
        with server.until_ready().client() as client:
            yield client
    finally:
        server.stop()


@pytest.fixture(scope="module")
def wallet(asked: CheckedClient, url: str) -> Wallet:
    return wallet_of(Person.with_password(Administration(url), "mary"), asked)


def content(url: str) -> set[tuple[str, str]]:
    """Every row of every table, as its table and a digest."""
    return {(each["name"], each["digest"]) for each in rows(url, DIGESTS)}


@pytest.mark.promise("N1")
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_nothing_is_stored_that_is_not_declared(
    asked: CheckedClient, wallet: Wallet, url: str, operation_id: str
) -> None:
    operation = OPERATIONS[operation_id]
    declared = set(operation.declared["x-stores"]) | JOBS_OWN
    for collected in operation.declared["x-collect"]:
        declared |= {collected["record"], f"{collected['record']}_clock"}
    for scheme in schemes_of(operation):
        if scheme:
            wallet.headers(scheme)  # to get it stores something too
        before = content(url)
        status = ask_with(scheme, asked, operation, wallet).status_code
        stored = {table for table, _ in content(url) - before}
        if status >= 400:
            assert stored <= WHEN_REFUSED | JOBS_OWN, f"{operation_id} ({status}) is refused and stored more."
        assert stored <= declared, f"{operation_id} ({status}) stored more than it declares."


@pytest.mark.promise("N1")
def test_a_refused_call_that_counts_is_seen(asked: CheckedClient, url: str) -> None:
    before = content(url)
    assert post_sign_in(asked, "nobody@example.org", "not the password at all").status_code == 401
    assert {table for table, _ in content(url) - before} == {"attempt"} <= WHEN_REFUSED


def test_calls_that_store_are_seen(asked: CheckedClient, wallet: Wallet, url: str) -> None:
    before = content(url)
    wallet.spend("session")
    wallet.headers("session")
    assert {"sign_in", "sign_in_token"} <= {table for table, _ in content(url) - before}
