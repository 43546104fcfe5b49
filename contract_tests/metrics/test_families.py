"""Every number is explained, named in the README, and labelled from the contract or the schedule."""

from __future__ import annotations

import os
import re
import signal
from datetime import UTC, datetime

from api.jobs.metrics import JobMetrics
from api.metrics import Metrics
from contract_tests.conftest import StartServer
from contract_tests.harness.canary import CANARY
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import REPOSITORY, contract
from contract_tests.harness.schedule import scheduled
from contract_tests.harness.server import ServerProcess
from contract_tests.logs.leaks import leaks
from contract_tests.metrics.reading import Reading
from contract_tests.serve.test_stop import eventually, workers_of
from handlers.account.mailing import COMPOSERS
from persistence import mails
from persistence.credits import books

JOBS = [*scheduled()]

WORDS = {
    "operation": {*contract().operations, "outside"},
    "job": set(JOBS),
    "state": {"in_use", "idle", "waiting", "running", *mails.STATES},
    "outcome": {"done", "more", "failed", "sent", "put_off", "unknown", "dropped"},
    "kind": set(COMPOSERS),
    "what": set(books.RULES),
    "provider": set[str](),  # the tests' own server has no key of any
}
FORMS = {"status": r"[1-5]\d\d", "le": r"[0-9.]+|\+Inf"}

ONLY_WITH_TLS = {"candor_certificate_expires_timestamp_seconds"}


def every_family() -> Reading:
    """All that there can be."""
    requests, jobs = Metrics(), JobMetrics()
    requests.certificate_expires(datetime.now(UTC))
    return Reading((requests.exposition() + jobs.exposition()).decode())


def named_in_the_readme() -> list[str]:
    """The first column of its table of metrics."""
    return re.findall(r"^\| `(candor_[a-z_]+)`", (REPOSITORY / "README.md").read_text(), flags=re.MULTILINE)


def test_the_readme_names_every_family_once() -> None:
    assert sorted(named_in_the_readme()) == sorted(every_family().families)


def are_explained_and_bounded(reading: Reading) -> bool:
    """Whether monitoring can keep all series, and a person can read what they are."""
    for name, family in reading.families.items():
        assert re.fullmatch(r"[A-Z0-9].{10,}\.", family.documentation), name
        for sample in family.samples:
            for label, value in sample.labels.items():
                assert value in WORDS[label] if label in WORDS else re.fullmatch(FORMS[label], value), name
    return not list(leaks(reading.text))


def test_the_tests_own_server_has_them_all(server: ServerProcess, client: CheckedClient) -> None:
    ask_for_what_is_not_there(client)
    reading = Reading.of(server)
    assert reading.families.keys() == every_family().families.keys() - ONLY_WITH_TLS
    assert are_explained_and_bounded(reading)


def test_so_do_two_workers_that_are_added_up(start_server: StartServer) -> None:
    server = start_server(workers=2, variables={"CANDOR_POOL_SIZE": "3"})
    with server.client() as client:
        for _ in range(20):  # each on a connection of its own, so that every worker gets some
            assert client.get("/health", headers={"Connection": "close"}).status_code == 200
        ask_for_what_is_not_there(client)
    becomes(server, 1, "candor_job_runs_total", job=JOBS[0], outcome="done")
    reading = Reading.of(server)
    assert reading.families.keys() == every_family().families.keys() - ONLY_WITH_TLS
    assert are_explained_and_bounded(reading)
    assert reading.value("candor_requests_total", operation="health", status="200") == 20
    assert reading.value("candor_requests_total", operation="get_owner", status="401") == 1
    assert reading.value("candor_request_seconds_count", operation="health") == 20
    assert reading.value("candor_request_seconds_bucket", operation="health", le="+Inf") == 20
    assert reading.value("candor_contract_violations_total", operation="outside") == 0

    becomes(server, 6, "candor_database_connections_max")
    os.kill(workers_of(server.data_dir)[0], signal.SIGKILL)
    becomes(server, 3, "candor_database_connections_max")  # what a dead worker held is not counted any more,
    becomes(server, 6, "candor_database_connections_max")
    answered = Reading.of(server).value("candor_requests_total", operation="health", status="200")
    assert answered == 20  # and what it had counted is


def ask_for_what_is_not_there(client: CheckedClient) -> None:
    """Requests that carry what no label may hold."""
    client.get(f"/instance/owner/{CANARY}")
    client.get("/instance/owner", headers={"Authorization": f"Bearer {CANARY}"})
    client.get("/store/packages", params={"kind": CANARY})


def becomes(server: ServerProcess, expected: float, name: str, **labels: str) -> None:
    """Wait until a number is what it must come to."""
    eventually(lambda: Reading.of(server).value(name, **labels) == expected, f"{name} is {expected}")
