"""A browser's renewing cookie has one successor, for every tab that asks in time; a sign-in that ended has
ended, whatever was under way.
"""

from __future__ import annotations

import asyncio

import httpx
import pytest

from contract_tests.harness.browsers import Browser, set_cookies
from contract_tests.harness.lanes import Lanes
from contract_tests.harness.people import Person
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told

RENEWAL = "/api/v1/account/sign-in/refresh"
END = "/api/v1/account/sign-in/end"
WON, LOST = "200", "401 invalid_sign_in"


@pytest.fixture
def browser(arena: Arena) -> Browser:
    """Somebody of the test's own, newly signed in."""
    return Person.with_password(arena.admin, "tabs").browser(arena.client)


async def fifty_renewals(crowd: Lanes, browser: Browser) -> list[httpx.Response]:
    calls = (crowd.post(RENEWAL, headers=browser.refresh_headers) for _ in range(FIFTY))
    return await asyncio.gather(*calls)


def successors(answers: list[httpx.Response]) -> set[tuple[str, ...]]:
    return {tuple(sorted(set_cookies(each).values())) for each in answers if each.is_success}


@pytest.mark.promise("K20")
async def test_fifty_tabs_get_the_same_successor(arena: Arena, crowd: Lanes, browser: Browser) -> None:
    answers = await fifty_renewals(crowd, browser)
    assert told(answers) == {WON: 50}
    assert len(successors(answers)) == 1
    stored = "SELECT count(*) AS count FROM sign_in_token WHERE consumed_at IS NULL"
    mine = " AND sign_in_id = (SELECT sign_in_id FROM sign_in_token WHERE access_hash = sha256($1))"
    assert arena.rows(stored + mine, browser.session.encode()) == [{"count": 1}]


async def test_nothing_of_a_renewal_outlives_the_end_of_its_sign_in(
    arena: Arena, crowd: Lanes, browser: Browser
) -> None:
    ending = crowd.post(END, headers=browser.headers)
    answers, ended = await asyncio.gather(fifty_renewals_but_one(crowd, browser), ending)
    assert ended.status_code == 204
    assert set(told(answers)) <= {WON, LOST}
    for session, *_ in successors(answers):
        left = Browser(arena.client, session, browser.refresh)
        assert left.get("/api/v1/account").status_code == 401


async def fifty_renewals_but_one(crowd: Lanes, browser: Browser) -> list[httpx.Response]:
    calls = (crowd.post(RENEWAL, headers=browser.refresh_headers) for _ in range(FIFTY - 1))
    return await asyncio.gather(*calls)
