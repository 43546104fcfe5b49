"""When the database is away no credential is called bad: 503 with `Retry-After`, and no challenge."""

from __future__ import annotations

import base64
import os
import signal
import time
from pathlib import Path

import httpx

from contract_tests.authorisation import expectation
from contract_tests.authorisation.requests import well_formed
from contract_tests.conftest import StartServer
from contract_tests.harness.contract import Operation, contract
from contract_tests.harness.server import ServerProcess
from handlers import secret

BEARER = [name for name, is_bearer in expectation.schemes().items() if is_bearer]
NEVER_ISSUED = [secret.compose(prefix, bytes(range(32))) for prefix in ("caido_", secret.ACCESS_TOKEN)]
SOON_S = 30.0


def stop_postgresql(server: ServerProcess) -> None:
    """PostgreSQL's fast shutdown, and wait until the server has lost it: for good, as its files are not
    where it would start it again.
    """
    (pid_file,) = server.data_dir.rglob("postmaster.pid")
    postgresql = int(pid_file.read_text().splitlines()[0])
    pid_file.parent.rename(pid_file.parent.with_name("elsewhere"))
    os.kill(postgresql, signal.SIGINT)
    with server.client() as client:
        until = time.monotonic() + SOON_S
        while client.get("/health").status_code != 503:
            assert time.monotonic() < until, "The database does not go away."


def presented(operation: Operation, client: httpx.Client) -> list[dict[str, str]]:
    """The header fields to try: every bearer token that may be good, or a client, or nothing."""
    admitted = {name for each in operation.declared["security"] for name in each}
    if admitted & set(BEARER):
        return [{"Authorization": f"Bearer {token}"} for token in NEVER_ISSUED]
    cookies = {expectation.cookie_of(name) for name in admitted} - {None}
    if cookies:
        own = {"Origin": str(client.base_url)}
        return [{"Cookie": f"{name}={_never_issued_for(name)}", **own} for name in cookies]
    pair = f"01KAJ3S9QWXJ0V0B4R1YH8N2CD:{secret.compose(secret.CLIENT_SECRET, bytes(range(32)))}"
    return [{"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}] if admitted else [{}]


def _never_issued_for(cookie: str | None) -> str:
    prefix = secret.SIGN_IN_ACCESS if cookie == "candor_session" else secret.SIGN_IN_REFRESH
    return secret.compose(prefix, bytes(range(32)))


def test_every_operation_that_needs_the_database_says_so(
    start_server: StartServer, used_data_dir: Path
) -> None:
    server = start_server(database_url=None, data_dir=used_data_dir)
    stop_postgresql(server)
    with server.client() as client:
        for operation in contract().operations.values():
            if "503" not in operation.declared["responses"]:
                continue
            request = well_formed(operation, client=not operation.declared["security"])
            for credential in presented(operation, client):
                headers = {**request.headers, **credential}
                answer = client.request(request.method, request.url, content=request.content, headers=headers)
                assert answer.status_code == 503, operation.operation_id
                assert int(answer.headers["Retry-After"]) > 0
                assert "WWW-Authenticate" not in answer.headers
