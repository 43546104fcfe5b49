"""The response check runs before the commit: an answer outside the contract leaves no trace."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import build_app
from api.contract.document import load
from api.logs import Logs
from api.metrics import Metrics
from api.settings import Settings
from api.wiring import Wiring, ports_of
from contract_tests.harness.logs import KeptStream
from contract_tests.harness.stored import execute, rows
from contract_tests.storage.cluster import SharedCluster
from contract_tests.violations.wayward.notes.operations import ANSWERS
from persistence.migrations import migrate

WAYWARD = [name for name in ANSWERS if name != "declared"]


@dataclasses.dataclass
class Cloud:
    """The wayward application over a real database."""

    http: httpx.AsyncClient
    url: str
    log: io.BytesIO
    metrics: Metrics


@pytest.fixture(scope="module")
def url(cluster: SharedCluster) -> str:
    created = cluster.create_database("wayward")
    migrate(created, report=lambda _: None)
    execute(
        created,
        "INSERT INTO instance (id, client_id, client_secret_hash, scopes, grant_types, redirect_uris,"
        " token_endpoint_auth_method, ephemeral, registered_at)"
        " VALUES ('i', 'c', $1, '{}', '{}', '{}', 'x', false, now())",
        bytes(32),
    )
    return created


@pytest.fixture
async def cloud(url: str) -> AsyncIterator[Cloud]:
    settings = dataclasses.replace(Settings(), database_url=url)
    document = load(Path(__file__).with_name("contract.yaml"))
    log, metrics = KeptStream(), Metrics()
    wiring = Wiring(
        settings, ports=ports_of(settings, document), document=document, metrics=metrics, logs=Logs(log)
    )
    app = build_app(document, wiring=wiring, handlers="contract_tests.violations.wayward")
    await wiring.startup()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wayward") as http:
        yield Cloud(http, url, log, metrics)
    await wiring.shutdown()


async def test_a_declared_answer_is_sent_and_its_write_stays(cloud: Cloud) -> None:
    answer = await cloud.http.post("/written", json={"subject": "declared", "answer": "declared"})
    assert (answer.status_code, answer.json()) == (200, {"count": 1})
    assert rows(cloud.url, "SELECT count FROM attempt WHERE subject = 'declared'") == [{"count": 1}]


@pytest.mark.parametrize("how", WAYWARD)
async def test_any_other_answer_is_withheld_and_its_write_undone(cloud: Cloud, how: str) -> None:
    answer = await cloud.http.post("/written", json={"subject": how, "answer": how})
    assert answer.status_code == 500
    assert answer.json()["error"] == "internal_error"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert "secret" not in answer.text
    assert rows(cloud.url, "SELECT count FROM attempt WHERE subject = $1", how) == []
    (event,) = [json.loads(line) for line in cloud.log.getvalue().splitlines()]
    assert (event["event"], event["request_id"]) == ("contract_violation", answer.json()["request_id"])
    assert b'candor_contract_violations_total{operation="write_note"} 1.0' in cloud.metrics.exposition()


@pytest.mark.parametrize("how", WAYWARD)
async def test_a_deferred_write_never_happens(cloud: Cloud, how: str) -> None:
    answer = await cloud.http.post("/deferred", json={"subject": "c", "answer": how})
    assert answer.status_code == 500
    assert rows(cloud.url, "SELECT scopes FROM instance WHERE client_id = 'c'") == [{"scopes": []}]


async def test_a_deferred_statement_that_finds_nothing_refuses_the_answer(cloud: Cloud) -> None:
    answer = await cloud.http.post("/deferred", json={"subject": "no such client", "answer": "declared"})
    assert answer.status_code == 500
