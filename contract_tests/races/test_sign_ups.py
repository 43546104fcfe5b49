"""Whatever is mailed works once and whatever is given out is given to one, however many ask at once.

Hashing a password has a bounded line, so of fifty that need one some are told to come again (503); what the
others are told is what counts.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from contract_tests.harness.browsers import post_sign_in
from contract_tests.harness.lanes import Lanes, opened
from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.newcomers import (
    ACCOUNT,
    CHANGE_SUBJECT,
    CONFIRM,
    CONFIRM_SUBJECT,
    FIRST,
    FORGOTTEN,
    RESEND,
    RESET,
    RESET_SUBJECT,
    SIGN_UP,
    VERIFY,
    Newcomer,
)
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import rows
from contract_tests.operations.test_first_account import body, invitation
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY, told
from contract_tests.storage.cluster import SharedCluster

GONE, TAKEN, BUSY = "410 link_unusable", "409 username_taken", "503 passwords_busy"
MADE = """
    SELECT (SELECT count(*) FROM workspace WHERE owner_id = a.id) AS workspaces,
           (SELECT count(*) FROM workspace_member WHERE user_id = a.id) AS memberships,
           (SELECT count(*) FROM registration WHERE user_id = a.id) AS registrations
      FROM account a WHERE email = $1"""
ONE_OF_EACH = [{"workspaces": 1, "memberships": 1, "registrations": 1}]


async def fifty_with(crowd: Lanes, path: str, *bodies: object) -> Counter[str]:
    """Fifty POSTs of JSON at once, the bodies in turn; how often each outcome was answered."""
    return told(
        await asyncio.gather(*(crowd.post(path, json=bodies[turn % len(bodies)]) for turn in range(FIFTY)))
    )


class TestVerification:
    async def test_of_fifty_one_makes_the_account(self, arena: Arena, crowd: Lanes) -> None:
        nell = Newcomer.invented().sign_up(arena.client)
        answers = await fifty_with(crowd, VERIFY, {"token": nell.token(arena.server)})
        assert answers == {"200": 1, GONE: 49}
        assert arena.rows(MADE, nell.email) == ONE_OF_EACH

    async def test_of_two_links_for_one_sign_up_one_counts(self, arena: Arena, crowd: Lanes) -> None:
        nell = Newcomer.invented().sign_up(arena.client)
        first = nell.token(arena.server)
        assert arena.client.post(RESEND, json={"email": nell.email}).status_code == 202
        second = Mailbox.of(arena.server).arrives(nell.email, CONFIRM_SUBJECT, beyond=1).token
        answers = await fifty_with(crowd, VERIFY, {"token": first}, {"token": second})
        assert answers == {"200": 1, GONE: 49}
        assert arena.rows(MADE, nell.email) == ONE_OF_EACH

    async def test_of_two_sign_ups_under_one_address_one_counts(self, arena: Arena, crowd: Lanes) -> None:
        first = Newcomer.invented().sign_up(arena.client)
        tokens = [{"token": first.token(arena.server)}]
        replace(Newcomer.invented(), email=first.email).sign_up(arena.client)
        tokens += [{"token": Mailbox.of(arena.server).arrives(first.email, CONFIRM_SUBJECT, beyond=1).token}]
        answers = await fifty_with(crowd, VERIFY, *tokens)
        assert answers == {"200": 1, GONE: 49}
        assert arena.rows(MADE, first.email) == ONE_OF_EACH


class TestUsernames:
    async def test_of_fifty_sign_ups_one_has_it(self, arena: Arena, crowd: Lanes) -> None:
        wanted = Newcomer.invented().username
        bodies = [replace(Newcomer.invented(), username=wanted).body for _ in range(FIFTY)]
        answers = await fifty_with(crowd, SIGN_UP, *bodies)
        assert answers["202"] == 1
        assert answers["202"] + answers[TAKEN] + answers[BUSY] == FIFTY
        assert answers[TAKEN] > 0
        assert len(arena.rows("SELECT 1 FROM sign_up WHERE username = $1", wanted)) == 1

    async def test_of_two_accounts_and_a_sign_up_one_has_it(self, arena: Arena, crowd: Lanes) -> None:
        browsers = [Person.with_password(arena.admin, name).browser(arena.client) for name in ("tic", "tac")]
        newcomer = Newcomer.invented()
        change = {"username": newcomer.username}
        calls = [crowd.patch(ACCOUNT, json=change, headers=browsers[turn % 2].headers) for turn in range(40)]
        calls += [crowd.post(SIGN_UP, json=newcomer.body) for _ in range(10)]
        answers = await asyncio.gather(*calls)
        outcomes = [told(answers[:40:2]), told(answers[1:40:2]), told(answers[40:])]
        winners = [each for each in outcomes if each["200"] + each["202"]]
        assert len(winners) == 1
        assert set(told(answers)) <= {"200", "202", TAKEN, BUSY}
        holders = """SELECT (SELECT count(*) FROM account WHERE username = $1)
                          + (SELECT count(*) FROM sign_up WHERE username = $1) AS count"""
        assert arena.rows(holders, newcomer.username) == [{"count": 1}]


class TestPasswordReset:
    async def test_of_fifty_one_sets_the_password(self, arena: Arena, crowd: Lanes) -> None:
        ann = Person.with_password(arena.admin, "ann")
        arena.client.post(FORGOTTEN, json={"email": ann.email})
        token = Mailbox.of(arena.server).arrives(ann.email, RESET_SUBJECT).token
        passwords = [f"otters sleep in green reeds {turn}" for turn in range(FIFTY)]
        calls = (crowd.post(RESET, json={"token": token, "password": each}) for each in passwords)
        answers = await asyncio.gather(*calls)
        outcomes = told(answers)
        assert outcomes["204"] == 1
        assert outcomes["204"] + outcomes[GONE] + outcomes[BUSY] == FIFTY
        (right,) = [each for each, answer in zip(passwords, answers, strict=True) if answer.is_success]
        assert post_sign_in(arena.client, ann.email, right).status_code == 200

    async def test_of_two_links_one_counts(self, arena: Arena, crowd: Lanes) -> None:
        ann, tokens = Person.with_password(arena.admin, "ann"), []
        for number in range(2):
            arena.client.post(FORGOTTEN, json={"email": ann.email})
            tokens.append(Mailbox.of(arena.server).arrives(ann.email, RESET_SUBJECT, beyond=number).token)
        bodies = [{"token": each, "password": "otters sleep in green reeds"} for each in tokens]
        calls = (crowd.post(RESET, json=bodies[turn % 2]) for turn in range(20))
        assert told(await asyncio.gather(*calls)) == {"204": 1, GONE: 19}

    async def test_no_sign_in_with_the_old_password_outlives_it(self, arena: Arena, crowd: Lanes) -> None:
        ann = Person.with_password(arena.admin, "ann")
        arena.client.post(FORGOTTEN, json={"email": ann.email})
        token = Mailbox.of(arena.server).arrives(ann.email, RESET_SUBJECT).token
        old = {"login": ann.email, "password": ann.password}
        calls = [crowd.post("/api/v1/account/sign-in", json=old) for _ in range(15)]
        calls.insert(8, crowd.post(RESET, json={"token": token, "password": "otters sleep in green reeds"}))
        answers = await asyncio.gather(*calls)
        assert answers[8].status_code == 204
        query = "SELECT 1 FROM sign_in WHERE user_id = $1 AND revoked_at IS NULL"
        assert arena.rows(query, ann.id) == []


class TestEmailChange:
    async def test_of_fifty_one_confirms(self, arena: Arena, crowd: Lanes) -> None:
        ann, new = Person.with_password(arena.admin, "ann"), Newcomer.invented().email
        change = {"email": new, "current_password": ann.password}
        assert ann.browser(arena.client).patch(ACCOUNT, json=change).status_code == 200
        token = Mailbox.of(arena.server).arrives(new, CHANGE_SUBJECT).token
        assert await fifty_with(crowd, CONFIRM, {"token": token}) == {"200": 1, GONE: 49}

    async def test_an_address_goes_to_one_of_two_accounts(self, arena: Arena, crowd: Lanes) -> None:
        new, tokens = Newcomer.invented().email, []
        for number, name in enumerate(("tic", "tac")):
            person = Person.with_password(arena.admin, name)
            change = {"email": new, "current_password": person.password}
            assert person.browser(arena.client).patch(ACCOUNT, json=change).status_code == 200
            mail = Mailbox.of(arena.server).arrives(new, CHANGE_SUBJECT, beyond=number)
            tokens.append({"token": mail.token})
        assert await fifty_with(crowd, CONFIRM, *tokens) == {"200": 1, GONE: 49}
        assert len(arena.rows("SELECT 1 FROM account WHERE email = $1", new)) == 1


async def test_fifty_guesses_of_the_current_password_are_told_ten_verdicts(
    two_workers: Arena,
) -> None:
    headers = Person.with_password(two_workers.admin, "ann").browser(two_workers.client).headers
    guess = {"name": "Ann", "current_password": "something else entirely"}
    async with opened(two_workers.server.url, FIFTY) as crowd:
        calls = (crowd.patch(ACCOUNT, json=guess, headers=headers) for _ in range(FIFTY))
        answers = told(await asyncio.gather(*calls))
    assert answers["403 wrong_current_password"] == 10
    assert set(answers) <= {"403 wrong_current_password", "429 too_many_requests", BUSY}


@dataclass(frozen=True, slots=True)
class Bounded:
    """A server of two workers on a database in which nobody has an account before a test makes one."""

    server: ServerProcess
    url: str
    invitation: str


@pytest.fixture(scope="module")
def bounded(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bounded]:
    """Three sign-ups may wait there, and five mails to one address; nothing else is in their way."""
    url = cluster.create_database("bounded", like=migrated)
    server = ServerProcess(
        tmp_path_factory.mktemp("bounded") / "data",
        flags={"database-url": url, "workers": "2"},
        variables={
            "CANDOR_SIGN_UP_CAP": "3",
            "CANDOR_ACCOUNT_MAILS_PER_ADDRESS": "1000",
            "CANDOR_SIGN_UPS_PER_ORIGIN": "1000",
        },
    )
    try:
        yield Bounded(server.until_ready(), url, invitation(server))
    finally:
        code = server.stop()
    assert code == 0, server.stderr


async def test_of_fifty_with_the_link_of_the_start_one_makes_the_first_account(bounded: Bounded) -> None:
    bodies = [body(bounded.invitation, Newcomer.invented()) for _ in range(FIFTY)]
    async with opened(bounded.server.url, FIFTY) as crowd:
        answers = await fifty_with(crowd, FIRST, *bodies)
    assert answers["201"] == 1
    assert answers["201"] + answers[GONE] + answers[BUSY] == FIFTY
    assert len(rows(bounded.url, "SELECT 1 FROM account")) == 1


async def test_no_more_mails_are_asked_for_than_are_allowed(bounded: Bounded) -> None:
    async with opened(bounded.server.url, FIFTY) as crowd:
        answers = await fifty_with(crowd, FORGOTTEN, {"email": "nobody@example.org"})
    assert answers == {"202": 5, "429 too_many_requests": 45}


async def test_no_more_sign_ups_wait_than_may(bounded: Bounded) -> None:
    async with opened(bounded.server.url, FIFTY) as crowd:
        answers = await fifty_with(crowd, SIGN_UP, *(Newcomer.invented().body for _ in range(FIFTY)))
    assert answers["202"] == 3
    assert set(answers) <= {"202", "503 sign_ups_full", BUSY}
    assert len(rows(bounded.url, "SELECT 1 FROM sign_up")) == 3
