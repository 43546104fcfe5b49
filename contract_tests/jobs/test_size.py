"""Expiry at size: a step finds and deletes its rows by index, whatever the table holds beside them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from api.jobs.expiry import RemoveExpired
from contract_tests.jobs.rows import Rows, declared
from contract_tests.storage.cluster import SharedCluster
from persistence.address import Address
from persistence.database import Database
from persistence.retention import BEGINNING, Removal

NOW = datetime.now(UTC)
ROWS, STEP = 6_000, 100
TABLES = {each.table: each for each in declared()}
PAGES_A_ROW = 10  # of the table and its indexes, to find, lock and delete a row

_ID = "lpad(n::text, 26, '0')"
_DIGEST = "sha256(n::text::bytea)"
_PARENTS = "repeat('N', 26)"
FILLED = {
    "access_token": "(token_hash, instance_id, scopes, created_at, expires_at)"
    f" SELECT {_DIGEST}, {_PARENTS}, '{{}}', t, t",
    "account_token": "(token_hash, kind, user_id, created_at, expires_at)"
    f" SELECT {_DIGEST}, 'password_reset', repeat('A', 26), t, t",
    "assistant_call": "(id, user_id, model, token_credit, prompt_tokens, completion_tokens, credits,"
    " absorbed, estimated, latency_ms, created_at)"
    f" SELECT {_ID}, repeat('A', 26), 'demo', 1, 0, 0, 0, 0, false, 0, t",
    "assistant_key": "(user_id, key_hash, fingerprint, call_id, created_at)"
    f" SELECT repeat('A', 26), {_DIGEST}, {_DIGEST}, {_ID}, t",
    "attempt": "(kind, subject, window_started_at, count) SELECT 'user_code', n::text, t, 1",
    "authorization_request": "(handle_hash, instance_id, redirect_uri, scopes, code_challenge, state,"
    " granted_scopes, created_at, expires_at)"
    f" SELECT {_DIGEST}, {_PARENTS}, 'https://tool.example', '{{}}', {_DIGEST}, 'pending', '{{}}', t, t",
    "device_grant": "(device_code_hash, user_code_hash, instance_id, scopes, state, granted_scopes,"
    " interval_s, created_at, expires_at)"
    f" SELECT {_DIGEST}, {_DIGEST}, {_PARENTS}, '{{}}', 'pending', '{{}}', 5, t, t",
    "instance": "(id, client_id, client_secret_hash, scopes, grant_types, token_endpoint_auth_method,"
    " redirect_uris, ephemeral, registered_at)"
    f" SELECT {_ID}, {_ID}, {_DIGEST}, '{{}}', '{{}}', 'none', '{{}}', false, t",
    "interaction": f"(id, instance_id, operation, at) SELECT {_ID}, {_PARENTS}, 'get_session', t",
    "interaction_clock": f"(id, instance_id, operation, at) SELECT {_ID}, {_PARENTS}, n::text, t",
    "mail": "(id, kind, to_address, subject_id, state, attempts, created_at, due_at)"
    f" SELECT {_ID}, 'verify_email', 'ada@example.org', {_ID}, 'sent', 1, t, t",
    "pgqueuer_log": "(job_id, status, priority, entrypoint, created) SELECT n, 'successful', 0, 'sweep', t",
    "refresh_token": "(token_hash, session_id, created_at, expires_at)"
    f" SELECT {_DIGEST}, repeat('S', 26), t, t",
    "registration": f"(id, user_id, fingerprint, at) SELECT {_ID}, repeat('A', 26), 'other/other/other', t",
    "session": "(id, instance_id, user_id, workspace_id, scopes, generation, created_at, expires_at)"
    f" SELECT {_ID}, {_PARENTS}, repeat('A', 26), repeat('W', 26), '{{}}', 1, t, t",
    "passkey_setup": f"(user_id, challenge, created_at) SELECT {_ID}, '', t",
    "sign_in": "(id, user_id, browser, platform, created_at, refreshed_at, expires_at)"
    f" SELECT {_ID}, repeat('A', 26), 'firefox', 'linux', t, t, t",
    "sign_in_ticket": "(ticket_hash, user_id, password_digest, challenge, attempts, created_at, expires_at)"
    f" SELECT {_DIGEST}, repeat('A', 26), {_DIGEST}, '', 0, t, t",
    "sign_in_token": "(refresh_hash, access_hash, sign_in_id, created_at, access_expires_at,"
    " refresh_expires_at)"
    f" SELECT {_DIGEST}, {_DIGEST}, repeat('B', 26), t, t, t",
    "sign_up": "(id, username, email, name, password_hash, fingerprint, created_at, expires_at)"
    f" SELECT {_ID}, n::text, n || '@example.org', 'Waiting', '', 'other/other/other', t, t",
    "totp_setup": f"(user_id, secret_sealed, created_at) SELECT {_ID}, {_DIGEST}, t",
}
"""Many rows of every record that expires, as a query over their numbers `n` and times `t`."""


ONE_OF_A_PERSON = {"passkey_setup", "totp_setup"}
PEOPLE = (
    "INSERT INTO account (id, username, email, name, plan, created_at, updated_at)"
    f" SELECT {_ID}, n::text, n || '@example.org', 'Somebody', 'basic', now(), now()"
    f" FROM generate_series(1, {ROWS}) AS n"
)


@pytest.fixture(scope="module")
def full(cluster: SharedCluster, migrated: str) -> str:
    """A database of this module's own."""
    return cluster.create_database("full", like=migrated)


@pytest.fixture(params=sorted(FILLED))
async def table(request: pytest.FixtureRequest, full: str) -> AsyncIterator[tuple[str, Any]]:
    """A table half of whose rows have expired, and a connection; afterwards it is empty again."""
    connection = await Address.parse(full).open()
    if not await connection.fetchval("SELECT count(*) FROM account"):
        await Rows(connection).begin()
    name = str(request.param)
    change = connection.transaction()
    await change.start()
    if name in ONE_OF_A_PERSON:
        await connection.execute(PEOPLE)
    await connection.execute(
        f'INSERT INTO "{name}" {FILLED[name]} FROM generate_series(1, {ROWS}) AS n,'
        f" LATERAL (SELECT $1::timestamptz + (n - {ROWS // 2}) * interval '1 second' AS t) AS times",
        NOW - TABLES[name].after,
    )
    await connection.execute(f'ANALYZE "{name}"')
    try:
        yield name, connection
    finally:
        await change.rollback()
        await connection.close()


def test_every_record_that_expires_is_here() -> None:
    assert FILLED.keys() == TABLES.keys()


@pytest.mark.parametrize("plan", ["force_custom_plan", "force_generic_plan"])
async def test_a_step_touches_what_it_deletes_and_little_else(
    plan: str, table: tuple[str, asyncpg.Connection[Any]], every_removal: Sequence[Removal]
) -> None:
    name, connection = table
    (removal,) = (each for each in every_removal if each.expiry.table == name)
    await connection.execute(f"SET LOCAL plan_cache_mode = {plan}")
    root = await explained(connection, removal, since=BEGINNING)
    nodes = list(walk(root))
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]
    assert [node["Index Name"] for node in nodes if node["Node Type"] == "Index Scan"]
    (deleting,) = [node for node in nodes if node["Node Type"] == "ModifyTable"]
    assert deleting["Actual Rows"] == STEP
    assert touched(root) < STEP * PAGES_A_ROW


async def test_the_last_step_of_a_run_costs_what_the_first_did(
    table: tuple[str, asyncpg.Connection[Any]], every_removal: Sequence[Removal]
) -> None:
    name, connection = table
    (removal,) = (each for each in every_removal if each.expiry.table == name)
    before, since = NOW - removal.expiry.after, BEGINNING
    for _ in range(ROWS // 2 // STEP - 1):
        row = await connection.fetchrow(
            removal.sql, *removal.arguments(before=before, since=since, at_most=STEP)
        )
        assert row is not None
        assert (row["gone"], row["chosen"]) == (STEP, STEP)
        since = row["reached"]
    assert touched(await explained(connection, removal, since=since)) < STEP * PAGES_A_ROW


async def test_a_run_reads_each_entry_of_the_index_once(
    cluster: SharedCluster, migrated: str, every_removal: Sequence[Removal]
) -> None:
    url = cluster.create_database("entries", like=migrated)
    connection = await Address.parse(url).open()
    try:
        await connection.execute(
            f"INSERT INTO attempt {FILLED['attempt']} FROM generate_series(1, {ROWS}) AS n,"
            " LATERAL (SELECT $1::timestamptz + n * interval '1 second' AS t) AS times",
            NOW - timedelta(days=30),
        )
        await connection.execute("ANALYZE attempt")
        # Whoever still sees the rows keeps the index from learning which of its entries are dead.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.fetchval("SELECT count(*) FROM attempt")
            database = await Database.connect(url, pool_size=1)
            try:
                outcome = await RemoveExpired(every_removal, rows_per_step=STEP)(database, NOW)
            finally:
                await database.close()
        assert outcome.rows == ROWS
        # What a connection has read is known some moments after it was closed.
        async with asyncio.timeout(30):
            while (read := await connection.fetchval(READ)) < ROWS:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert read < 2 * ROWS
    finally:
        await connection.close()


READ = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'ix_attempt_window_started_at'"


async def explained(
    connection: asyncpg.Connection[Any], removal: Removal, *, since: datetime
) -> dict[str, Any]:
    """The plan of one step, and what it really read."""
    arguments = removal.arguments(before=NOW - removal.expiry.after, since=since, at_most=STEP)
    given = ", ".join(str(each) if isinstance(each, int) else f"'{each}'" for each in arguments)
    await connection.execute("DEALLOCATE ALL")
    await connection.execute(f"PREPARE step AS {removal.sql}")
    text = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE step ({given})")
    plan: dict[str, Any] = json.loads(text)[0]["Plan"]
    return plan


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", []):
        yield from walk(part)


def touched(root: dict[str, Any]) -> int:
    """Pages, counted each time."""
    return int(root["Shared Hit Blocks"] + root["Shared Read Blocks"])
