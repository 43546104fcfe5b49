"""A server does its jobs by itself, with one worker or several, and says so to its operator only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from contract_tests.conftest import StartServer
from contract_tests.jobs.rows import Rows, declared
from contract_tests.serve.test_stop import eventually, has_logged

LONG_AGO = datetime.now(UTC) - timedelta(days=365)


@pytest.mark.promise("N1")
@pytest.mark.parametrize("workers", [1, 2])
async def test_expired_rows_go_without_being_asked_for(
    workers: int, rows: Rows, database_url: str, start_server: StartServer
) -> None:
    everything = list(declared())
    due = {what.table: await rows.add(what, LONG_AGO) for what in everything}
    server = start_server(database_url=database_url, workers=workers)
    eventually(has_logged(server, "job_done"), "the job is done")
    for table, row in due.items():
        assert row not in await rows.left(table)

    (event,) = [each for each in server.events if "job" in each]
    assert (event["job"], event["rows"]) == ("remove_expired", len(everything))
    async with httpx.AsyncClient() as monitoring:
        counted = (await monitoring.get(f"{server.private_url}/metrics")).text
    assert f'candor_job_rows_removed_total{{job="remove_expired"}} {len(everything)}.0' in counted
    assert 'candor_job_last_success_timestamp_seconds{job="remove_expired"} ' in counted
    assert server.stop() == 0
