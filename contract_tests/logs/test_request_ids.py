"""One id names a failed request to everybody: in the header field, in the body, and in the log."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx

from contract_tests.conftest import StartServer
from contract_tests.harness.server import ServerProcess
from contract_tests.serve.test_stop import eventually

REGISTRATION = {"grant_types": ["client_credentials"], "scope": "profile:read"}


def stop_postgresql(server: ServerProcess) -> None:
    """PostgreSQL's fast shutdown, until the server has lost it."""
    (pid_file,) = server.data_dir.rglob("postmaster.pid")
    os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGINT)
    eventually(lambda: httpx.get(f"{server.private_url}/readyz").status_code == 503, "it is away")


def test_an_outage_is_told_by_the_ids_of_the_requests_that_met_it(
    start_server: StartServer, used_data_dir: Path
) -> None:
    server = start_server(database_url=None, data_dir=used_data_dir)
    with server.client() as client:
        stop_postgresql(server)
        said = len(server.events)
        met = [
            ("register_client", client.post("/oauth2/register", json=REGISTRATION)),
            ("get_packages", client.get("/store/packages")),
            ("health", client.get("/health")),
        ]
    assert [answer.status_code for _, answer in met] == [503, 503, 503]
    told = [each for each in server.events[said:] if each["event"] == "store_unavailable"]
    assert [(each["operation_id"], each["request_id"]) for each in told] == [
        (operation, answer.headers["X-Request-Id"]) for operation, answer in met
    ]
    assert [answer.json()["request_id"] for _, answer in met] == [each["request_id"] for each in told]
    assert len({each["request_id"] for each in told}) == len(met)
