"""An account that is deleted while its person uses or changes a second factor: the call and the deletion wait
for each other in one order, so that neither fails, and nothing of the person is left.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contract_tests.harness.homes import Home
from contract_tests.harness.people import PASSWORD
from contract_tests.harness.second_factors import AT, COMPLETE, Holder
from contract_tests.harness.stored import everything_stored
from contract_tests.throttles.held import held


async def deleted_behind(home: Home, leaver: Holder, path: str, body: dict[str, Any]) -> int:
    """Hold the account until the call waits for it, and the deletion for the call; the call's status."""
    delete = ["user", "delete", "--user", leaver.person.id, "--reason", "requested"]
    async with home.server.async_client() as http:
        row = "SELECT 1 FROM account WHERE id = $1 FOR UPDATE"
        async with held(home.url, row, leaver.person.id) as waiting:
            call = asyncio.create_task(http.post(path, json=body, headers=leaver.browser.headers))
            await waiting(1)
            deleting = asyncio.create_task(asyncio.to_thread(home.admin.run, *delete))
            await waiting(2)
        await asyncio.wait((call, deleting))
    assert deleting.result()["deleted"] is True
    assert await asyncio.to_thread(lambda: leaver.person.id not in everything_stored(home.url))
    return call.result().status_code


@pytest.fixture
def leaver(home: Home) -> Holder:
    """Somebody whose account is about to be deleted."""
    return home.person("leaver")


async def test_a_second_step(home: Home, leaver: Holder) -> None:
    app, _ = leaver.with_totp()
    body = {"ticket": leaver.ticket()["ticket"], "totp": app.next_code()}
    assert await deleted_behind(home, leaver, COMPLETE, body) in (200, 401)


async def test_a_wrong_second_step(home: Home, leaver: Holder) -> None:
    app, _ = leaver.with_totp()
    body = {"ticket": leaver.ticket()["ticket"], "totp": app.wrong_code()}
    assert await deleted_behind(home, leaver, COMPLETE, body) == 401


@pytest.mark.parametrize("path", ["/totp", "/passkeys/start"])
async def test_a_setup(home: Home, leaver: Holder, path: str) -> None:
    assert await deleted_behind(home, leaver, f"{AT}{path}", {"password": PASSWORD}) == 200


async def test_a_first_step(home: Home, leaver: Holder) -> None:
    leaver.with_totp()
    body = {"login": leaver.person.email, "password": PASSWORD}
    assert await deleted_behind(home, leaver, "/api/v1/account/sign-in", body) == 200
