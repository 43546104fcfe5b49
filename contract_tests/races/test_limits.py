"""What an account or a workspace may have at most, it has at most, whoever asks at the same moment."""

from __future__ import annotations

import asyncio

from contract_tests.harness.instances import bearer
from contract_tests.harness.lanes import Lanes
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told


async def test_of_fifty_tokens_as_many_are_made_as_there_is_room(arena: Arena, crowd: Lanes) -> None:
    mia = Person.with_password(arena.admin, "mia")
    execute(
        arena.url,
        "INSERT INTO personal_access_token (token_hash, id, user_id, name, created_at) "
        "SELECT sha256(convert_to($1 || n, 'UTF8')), right($1, 20) || lpad(n::text, 6, '0'), $1, 'x', now() "
        "FROM generate_series(1, 92) AS n",
        mia.id,
    )
    headers = mia.browser(arena.client).headers
    calls = (crowd.post("/api/v1/pats", json={"name": "x"}, headers=headers) for _ in range(FIFTY))
    assert told(await asyncio.gather(*calls)) == {"201": 7, "409 too_many_tokens": 43}
    query = "SELECT count(*) AS count FROM personal_access_token WHERE user_id = $1"
    assert arena.rows(query, mia.id) == [{"count": 100}]


async def test_of_fifty_keys_as_many_are_made_as_there_is_room(arena: Arena, crowd: Lanes) -> None:
    mia = Person.create(arena.admin, "mia")
    execute(
        arena.url,
        "INSERT INTO registration_key (id, key_hash, hint, workspace_id, description, name_prefix, "
        "ephemeral, uses, created_at) SELECT right($1, 20) || lpad(n::text, 6, '0'), "
        "sha256(convert_to($1 || n, 'UTF8')), 'ckey_', $1, '', '', false, 0, now() "
        "FROM generate_series(1, 92) AS n",
        mia.workspace_id,
    )
    body, headers = {"workspace_id": mia.workspace_id}, bearer(mia.pat)
    calls = (crowd.post("/api/v1/registration-keys", json=body, headers=headers) for _ in range(FIFTY))
    assert told(await asyncio.gather(*calls)) == {"201": 7, "409 too_many_registration_keys": 43}
    query = "SELECT count(*) AS count FROM registration_key WHERE workspace_id = $1"
    assert arena.rows(query, mia.workspace_id) == [{"count": 100}]
