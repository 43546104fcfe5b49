"""A person's lists look at as much of the database as a page needs, however many rows there are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contract_tests.harness.plans import plan
from contract_tests.harness.stored import execute
from contract_tests.storage.cluster import SharedCluster
from persistence import access_tokens, instance_sessions, instances, registration_keys
from persistence.credits import listing
from persistence.statement import Statement

PERSON, WORKSPACE, INSTANCE = "P" * 26, "W" * 26, "0" * 26
FEW, MANY = 1_500, 15_000
AFTER_ALL = "Z" * 27
NOW = datetime.now(UTC)
_ID = "lpad(n::text, 26, '0')"
_DIGEST = "sha256(convert_to(n::text, 'UTF8'))"

LISTS: dict[str, tuple[Statement, dict[str, Any]]] = {
    "instances": (
        instances._PAGE,
        {"workspace_id": None, "state": None, "at_most": 21, "look_at": 1000, "now": NOW},
    ),
    "registration keys": (registration_keys._PAGE, {"workspace_id": None, "at_most": 21}),
    "access tokens": (access_tokens._PAGE, {"at_most": 21}),
    "transactions": (listing._PAGE, {"at_most": 21}),
    "sessions": (instance_sessions._PAGE, {"instance_id": INSTANCE, "at_most": 21, "now": NOW}),
}


def filled(cluster: SharedCluster, migrated: str, number: int) -> str:
    """A database in which one person has that many of everything, and somebody else as many."""
    url = cluster.create_database("lists", like=migrated)
    for person, workspace, start in ((PERSON, WORKSPACE, 0), ("Q" * 26, "V" * 26, number)):
        rows = f"FROM generate_series({start}, {start + number - 1}) AS n"
        for command in (
            f"INSERT INTO account (id, username, email, name, plan, created_at, updated_at) "
            f"VALUES ('{person}', '{person}', '{person}', 'x', 'basic', now(), now())",
            f"INSERT INTO workspace (id, name, owner_id, generation, created_at, updated_at) "
            f"VALUES ('{workspace}', 'x', '{person}', 1, now(), now())",
            f"INSERT INTO workspace_member VALUES ('{workspace}', '{person}', now())",
            f"INSERT INTO instance (id, client_id, client_secret_hash, scopes, grant_types, "
            f"token_endpoint_auth_method, redirect_uris, workspace_id, name, ephemeral, registered_at, "
            f"claimed_at) SELECT {_ID}, {_ID}, '', '{{}}', '{{}}', 'x', '{{}}', '{workspace}', 'x', false, "
            f"now(), now() {rows}",
            f"INSERT INTO registration_key (id, key_hash, hint, workspace_id, description, name_prefix, "
            f"ephemeral, uses, created_at) SELECT {_ID}, {_DIGEST}, 'x', '{workspace}', '', '', false, 0, "
            f"now() {rows}",
            f"INSERT INTO personal_access_token (token_hash, id, user_id, name, created_at) "
            f"SELECT {_DIGEST}, {_ID}, '{person}', 'x', now() {rows}",
            f"INSERT INTO credit_transaction SELECT {_ID}, '{person}', 'spend', 'call:' || {_ID}, now() "
            f"{rows}",
            f"INSERT INTO credit_entry SELECT {_ID}, 'user', -1 {rows}",
            f"INSERT INTO session (id, instance_id, user_id, workspace_id, scopes, generation, created_at, "
            f"expires_at) SELECT {_ID}, lpad('{start}', 26, '0'), '{person}', '{workspace}', '{{}}', 1, "
            f"now(), now() + interval '1 day' {rows}",
        ):
            execute(url, command)
    execute(url, "VACUUM ANALYZE")
    return url


@pytest.fixture(scope="module")
def few(cluster: SharedCluster, migrated: str) -> str:
    return filled(cluster, migrated, FEW)


@pytest.fixture(scope="module")
def many(cluster: SharedCluster, migrated: str) -> str:
    return filled(cluster, migrated, MANY)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("place", ["first page", "page in the middle"])
def test_a_page_costs_the_same(few: str, many: str, name: str, place: str) -> None:
    statement, values = LISTS[name]
    looked_at = {}
    for number, url in ((FEW, few), (MANY, many)):
        before = AFTER_ALL if place == "first page" else str(number // 2 + 600).rjust(26, "0")
        found = plan(url, statement, user_id=PERSON, before=before, **values)
        assert not found.scanned & {"instance", "session", "registration_key", "personal_access_token"}
        looked_at[number] = found.pages
    levels = 4  # a larger index may have more of them
    assert looked_at[MANY] <= 1.5 * looked_at[FEW] + levels
