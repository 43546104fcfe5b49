"""A server does its jobs by itself, with one worker or several, and says so to its operator only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.stored import count, execute
from contract_tests.jobs.rows import Rows, declared
from contract_tests.serve.test_stop import eventually, has_logged

LONG_AGO = datetime.now(UTC) - timedelta(days=500)


@pytest.mark.promise("N1")
@pytest.mark.parametrize("workers", [1, 2])
async def test_expired_rows_go_without_being_asked_for(
    workers: int, rows: Rows, database_url: str, start_server: StartServer
) -> None:
    # What is sealed opens with the key of the server that sealed it, which is not this one.
    everything = [each for each in declared() if each.table != "totp_setup"]
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


STEPS = 6
EXPIRED = f"""
INSERT INTO attempt (kind, subject, window_started_at, count)
SELECT 'user_code', n::text, now() - interval '1 year', 1 FROM generate_series(1, {STEPS * 1_000}) AS n
"""
SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$
"""
PER_STEP = "CREATE TRIGGER slow BEFORE DELETE ON attempt FOR EACH STATEMENT EXECUTE FUNCTION slow()"
AT_ONCE = """
INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key)
VALUES (0, 'queued', 'remove_expired', 'remove_expired')
"""
HALF_A_MINUTE_LATER = "UPDATE pgqueuer SET heartbeat = heartbeat - interval '31 seconds'"


@pytest.mark.promise("N1")
def test_a_server_that_is_killed_under_it_leaves_whole_steps_and_the_rest_to_the_next(
    database_url: str, start_server: StartServer
) -> None:
    for change in (EXPIRED, SLOW, PER_STEP, AT_ONCE):
        execute(database_url, change)
    server = start_server(database_url=database_url)
    eventually(lambda: count(database_url, "attempt") < STEPS * 1_000, "a step is done")
    server.process.kill()
    server.ended()
    left = count(database_url, "attempt")
    assert left % 1_000 == 0
    assert left > 0
    assert not has_logged(server, "job_done")()

    execute(database_url, HALF_A_MINUTE_LATER)
    successor = start_server(database_url=database_url)
    eventually(has_logged(successor, "job_done"), "the job is done")
    assert count(database_url, "attempt") == 0
    (done,) = [each for each in successor.events if each["event"] == "job_done"]
    assert done["rows"] == left
    assert successor.stop() == 0
