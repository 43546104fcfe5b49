"""What all suites share: one PostgreSQL, one running server, clients that check every answer.

A test that only asks the server something takes `client`. One that starts, stops or breaks a server takes
`start_server`, which gives it one of its own.
"""

from __future__ import annotations

import gc
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from contract_tests.harness import records
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.homes import Home
from contract_tests.harness.loopback import stay_on_this_machine
from contract_tests.harness.order import InPieces, longest_first
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster, shared_cluster
from persistence.migrations import migrate

StartServer = Callable[..., ServerProcess]

GENEROUS = {
    "CANDOR_USER_CODE_ATTEMPTS": "100000",
    "CANDOR_UNCLAIMED_PER_ADDRESS": "100000",
    "CANDOR_AUTHORIZATION_REQUESTS": "100000",
    "CANDOR_SIGN_UPS_PER_ORIGIN": "100000",
    "CANDOR_SIGN_IN_ATTEMPTS": "100000",
    "CANDOR_SIGN_IN_ATTEMPTS_PER_ADDRESS": "100000",
    "CANDOR_ACCOUNT_ATTEMPTS": "100000",
    "CANDOR_ACCOUNT_MAILS_PER_ADDRESS": "100000",
    "CANDOR_ACCOUNT_MAILS_PER_EMAIL": "100000",
}
"""Settings of the server that all tests share: its limits are proven on servers of their own, because every
test speaks from the same address."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--records", metavar="DIRECTORY", help="write down what is judged when all tests have run"
    )
    parser.addoption(
        "--all-credentials",
        action="store_true",
        help="fuzz with every kind, and not with this commit's alone",
    )


def pytest_configure(config: pytest.Config) -> None:
    # What ten thousand tests are made of is no garbage: to look through it took a third of collecting them.
    gc.set_threshold(50_000, 20, 100)
    stay_on_this_machine()
    records.keep_in(config.getoption("records"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InPieces | None:
    """For `--dist loadfile`; every other way of dealing stays what it is."""
    return InPieces(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def cluster() -> Iterator[SharedCluster]:
    """The PostgreSQL server of this run."""
    with shared_cluster() as shared:
        yield shared


@pytest.fixture(scope="session")
def migrated(cluster: SharedCluster) -> str:
    """The URL of a migrated database that nobody connects to: a copy of it saves the time of migrating."""
    url = cluster.create_database("migrated")
    migrate(url, report=lambda progress: None)
    return url


@pytest.fixture(scope="session")
def server_database(cluster: SharedCluster, migrated: str) -> str:
    """The URL of the database under `server`."""
    return cluster.create_database("server", like=migrated)


@pytest.fixture(scope="session")
def server(server_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A running server that all tests of a process share; they leave it as usable as they found it."""
    data_dir = tmp_path_factory.mktemp("server") / "data"
    running = ServerProcess(data_dir, flags={"database-url": server_database}, variables=GENEROUS)
    try:
        yield running.until_ready()
    finally:
        code = running.stop()
    assert code == 0, running.stderr


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Iterator[CheckedClient]:
    """A client of `server` that holds every answer against the contract."""
    with server.client() as checked:
        yield checked


@pytest.fixture
async def async_client(server: ServerProcess) -> AsyncIterator[AsyncCheckedClient]:
    """The same for many calls at once."""
    async with server.async_client() as checked:
        yield checked


@pytest.fixture(scope="session")
def admin(server: ServerProcess, server_database: str) -> Administration:
    """The operator's command line on the database under `server`."""
    return Administration(server_database)


@pytest.fixture(scope="session")
def home(cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The server that second factors are tried at. Guesses of a password count, for each person."""
    url = cluster.create_database("home", like=migrated)
    data_dir = tmp_path_factory.mktemp("home") / "data"
    flags = {"database-url": url, "host": "localhost"}
    running = ServerProcess(data_dir, flags=flags, variables={**GENEROUS, "CANDOR_ACCOUNT_ATTEMPTS": "10"})
    try:
        with running.until_ready().client() as checked:
            yield Home(running, url, checked, Administration(url))
    finally:
        code = running.stop()
    assert code == 0, running.stderr


@pytest.fixture(scope="session")
def _used_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    server = ServerProcess(tmp_path_factory.mktemp("used") / "data")
    try:
        server.until_ready()
    finally:
        code = server.stop()
    assert code == 0, server.stderr
    return server.data_dir


@pytest.fixture
def used_data_dir(_used_once: Path, tmp_path: Path) -> Path:
    """A data directory of the test's own, of a server that made its database there and has stopped: one more
    start takes half of the first."""
    copy = tmp_path / "used"
    subprocess.run(
        ["cp", "-a", str(_used_once), str(copy)], check=True
    )  # with the owners of PostgreSQL's files
    return copy


@pytest.fixture
def start_server(cluster: SharedCluster, migrated: str, tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers of the test's own, and stops those that still run at its end.

    `start_server(variables={...}, wait=True, **flags)`: flags with underscores. Without `data_dir` each
    has its own; without `database_url` a fresh, migrated database of the shared cluster; None
    means the embedded one.
    """
    started: list[ServerProcess] = []

    def start(
        *, variables: Mapping[str, str] | None = None, wait: bool = True, **flags: object
    ) -> ServerProcess:
        data_dir = Path(str(flags.pop("data_dir", tmp_path / f"data{len(started)}")))
        if "database_url" not in flags:
            flags["database_url"] = cluster.create_database("own", like=migrated)
        given = {name.replace("_", "-"): str(value) for name, value in flags.items() if value is not None}
        server = ServerProcess(data_dir, flags=given, variables=variables)
        started.append(server)
        return server.until_ready() if wait else server

    yield start
    for server in started:
        server.stop()
