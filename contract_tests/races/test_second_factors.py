"""Of fifty who use the same code, recovery code or ticket at the same moment, one signs in."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from contract_tests.harness.lanes import Lanes
from contract_tests.harness.people import PASSWORD, Person
from contract_tests.harness.second_factors import AT, COMPLETE, Holder
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told

SIGNED_IN, WRONG, OVER = "200", "401 wrong_second_factor", "401 ticket_over"


@pytest.fixture
def ann(arena: Arena) -> Holder:
    """Somebody with a password and no second factor."""
    return Holder.sign_in(arena.client, Person.with_password(arena.admin, "ann"))


def sign_ins(arena: Arena, holder: Holder) -> int:
    """How often the person has signed in; once to set up the factor."""
    query = "SELECT count(*) AS count FROM sign_in WHERE user_id = $1"
    return int(arena.rows(query, holder.person.id)[0]["count"])


async def fifty_complete(http: Lanes, holder: Holder, *bodies: dict[str, Any]) -> list[httpx.Response]:
    """Fifty second steps at once, the bodies in turn."""
    calls = (
        http.post(COMPLETE, json=bodies[turn % len(bodies)], headers={"Origin": holder.origin})
        for turn in range(FIFTY)
    )
    return await asyncio.gather(*calls)


async def fifty_post(http: Lanes, holder: Holder, path: str, body: dict[str, Any]) -> list[httpx.Response]:
    """Fifty calls at once from the person's browser."""
    calls = (http.post(f"{AT}{path}", json=body, headers=holder.browser.headers) for _ in range(FIFTY))
    return await asyncio.gather(*calls)


async def test_a_ticket_and_its_code_sign_in_once(arena: Arena, crowd: Lanes, ann: Holder) -> None:
    app, _ = ann.with_totp()
    body = {"ticket": ann.ticket()["ticket"], "totp": app.next_code()}
    assert told(await fifty_complete(crowd, ann, body)) == {SIGNED_IN: 1, OVER: 49}
    assert sign_ins(arena, ann) == 2


@pytest.mark.promise("K20")
async def test_a_code_signs_in_once_however_many_tickets(arena: Arena, crowd: Lanes, ann: Holder) -> None:
    app, _ = ann.with_totp()
    bodies = [{"ticket": ann.ticket()["ticket"], "totp": app.next_code()} for _ in range(5)]
    seen = told(await fifty_complete(crowd, ann, *bodies))
    assert seen[SIGNED_IN] == 1
    assert seen.keys() <= {SIGNED_IN, WRONG, OVER, "429 too_many_requests"}
    assert sign_ins(arena, ann) == 2


async def test_a_recovery_code_signs_in_once_however_many_tickets(
    arena: Arena, crowd: Lanes, ann: Holder
) -> None:
    _, codes = ann.with_totp()
    bodies = [{"ticket": ann.ticket()["ticket"], "recovery_code": codes[0]} for _ in range(5)]
    seen = told(await fifty_complete(crowd, ann, *bodies))
    assert seen[SIGNED_IN] == 1
    assert seen.keys() <= {SIGNED_IN, WRONG, OVER, "429 too_many_requests"}
    assert sign_ins(arena, ann) == 2
    assert ann.overview()["recovery_codes"] == 9


async def test_fifty_guesses_at_once_are_no_more_than_five_looks(
    arena: Arena, crowd: Lanes, ann: Holder
) -> None:
    app, _ = ann.with_totp()
    body = {"ticket": ann.ticket()["ticket"], "totp": app.wrong_code()}
    assert told(await fifty_complete(crowd, ann, body)) == {WRONG: 5, OVER: 45}


async def test_fifty_guesses_with_many_tickets_are_no_more_than_ten_looks(
    arena: Arena, crowd: Lanes, ann: Holder
) -> None:
    app, _ = ann.with_totp()
    bodies = [{"ticket": ann.ticket()["ticket"], "totp": app.wrong_code()} for _ in range(FIFTY)]
    assert told(await fifty_complete(crowd, ann, *bodies)) == {WRONG: 10, "429 too_many_requests": 40}


async def test_an_app_is_confirmed_once_with_ten_recovery_codes(
    arena: Arena, crowd: Lanes, ann: Holder
) -> None:
    app = ann.start_totp()
    answers = await fifty_post(crowd, ann, "/totp/confirm", {"code": app.code()})
    assert told(answers) == {"200": 1, "409 setup_over": 49}
    assert ann.overview()["recovery_codes"] == 10


async def test_new_recovery_codes_are_ten_whoever_was_last(arena: Arena, crowd: Lanes, ann: Holder) -> None:
    ann.with_totp()
    answers = await asyncio.gather(
        *(
            crowd.post(f"{AT}/recovery-codes", json={"password": PASSWORD}, headers=ann.browser.headers)
            for _ in range(8)
        )
    )
    sets = [each.json()["recovery_codes"] for each in answers if each.status_code == 200]
    assert ann.overview()["recovery_codes"] == 10
    good = [each for each in sets if ann.complete(ann.ticket(), recovery_code=each[0]).status_code == 200]
    assert len(good) == 1
