"""Guessing user codes: ten wrong ones per account and per address prefix, and nobody else is kept out
(RFC 8628 section 5.1).
"""

from __future__ import annotations

import asyncio

import httpx
import pytest

from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.lanes import opened
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute, rows
from contract_tests.throttles.conftest import Cloud, at, ipv4, ipv6_prefix
from contract_tests.throttles.held import held

WRONG = "BBBB-BBBB"
WINDOW_S = 15 * 60


def look(cloud: Cloud, person: Person, code: str, address: object) -> httpx.Response:
    headers = {**bearer(person.pat), **at(address)}
    return cloud.client.get("/oauth2/device/information", params={"user_code": code}, headers=headers)


def slips(cloud: Cloud, person: Person, address: object, times: int) -> list[int]:
    """So many wrong codes in a row, and how they were answered."""
    return [look(cloud, person, WRONG, address).status_code for _ in range(times)]


def code_for(cloud: Cloud, person: Person) -> str:
    """A right code, for an instance of the person."""
    return Instance.register(cloud.client, key=person.key).start_device_flow().user_code


def time_passes(cloud: Cloud, person: Person, address: object, *, minutes: int) -> None:
    execute(
        cloud.url,
        "UPDATE attempt SET window_started_at = now() - make_interval(mins => $3) WHERE subject IN ($1, $2)",
        person.id,
        str(address),
        minutes,
    )


class TestPerAccount:
    def test_ten_wrong_codes_block_it_wherever_it_comes_from(self, cloud: Cloud) -> None:
        guesser = cloud.person("guesser")
        right = code_for(cloud, guesser)
        statuses = [status for _ in range(12) for status in slips(cloud, guesser, ipv4(), 1)]
        assert statuses == [404] * 10 + [429] * 2
        blocked = look(cloud, guesser, right, ipv4())
        assert blocked.status_code == 429
        assert 0 < int(blocked.headers["Retry-After"]) <= WINDOW_S

    def test_the_block_ends_with_its_window(self, cloud: Cloud) -> None:
        guesser, address = cloud.person("guesser"), ipv4()
        right = code_for(cloud, guesser)
        assert slips(cloud, guesser, address, 11)[-1] == 429
        time_passes(cloud, guesser, address, minutes=14)
        soon = look(cloud, guesser, right, address)
        assert soon.status_code == 429
        assert 0 < int(soon.headers["Retry-After"]) <= 60
        time_passes(cloud, guesser, address, minutes=15)
        assert look(cloud, guesser, right, address).status_code == 200
        assert slips(cloud, guesser, address, 11) == [404] * 10 + [429]

    def test_a_right_code_counts_for_nothing_and_resets_nothing(self, cloud: Cloud) -> None:
        ada, address = cloud.person("ada"), ipv4()
        right = code_for(cloud, ada)
        assert slips(cloud, ada, address, 9) == [404] * 9
        assert {look(cloud, ada, right, address).status_code for _ in range(5)} == {200}
        assert slips(cloud, ada, address, 2) == [404, 429]

    async def test_a_guess_is_not_looked_at_while_the_last_one_is_undecided(self, cloud: Cloud) -> None:
        """Otherwise a thousand guesses sent at the same moment would be a thousand guesses."""
        guesser = cloud.person("guesser")
        right = code_for(cloud, guesser)
        for _ in range(9):
            slips(cloud, guesser, ipv4(), 1)
        query = "SELECT 1 FROM attempt WHERE subject = $1 FOR UPDATE"
        async with opened(cloud.server.url, 2) as http:
            async with held(cloud.url, query, guesser.id) as until_waiting:
                calls = []
                for turn, code in enumerate((WRONG, right), 1):
                    call = http.get(
                        "/oauth2/device/information",
                        params={"user_code": code},
                        headers={**bearer(guesser.pat), **at(ipv4())},
                    )
                    calls.append(asyncio.create_task(call))
                    await until_waiting(turn)
            answers = await asyncio.gather(*calls)
        assert [each.status_code for each in answers] == [404, 429]


class TestPerAddress:
    @pytest.mark.parametrize("prefix", ["IPv4", "IPv6 /64"])
    def test_ten_wrong_codes_from_it_refuse_the_eleventh_of_whomever(self, cloud: Cloud, prefix: str) -> None:
        first = ipv4() if prefix == "IPv4" else ipv6_prefix()
        addresses = [first] if prefix == "IPv4" else [first + offset for offset in (1, 2, (1 << 64) - 1)]
        people = [cloud.person(name) for name in ("one", "two", "three", "four", "five", "six")]
        statuses = [
            slips(cloud, people[turn // 2], addresses[turn % len(addresses)], 1)[0] for turn in range(12)
        ]
        assert statuses == [404] * 10 + [429] * 2
        refused = look(cloud, people[5], WRONG, addresses[-1])
        assert 0 < int(refused.headers["Retry-After"]) <= WINDOW_S
        elsewhere = ipv4() if prefix == "IPv4" else ipv6_prefix()
        assert slips(cloud, people[0], elsewhere, 1) == [404]

    def test_whoever_has_a_right_code_behind_it_still_approves(self, cloud: Cloud) -> None:
        guesser, neighbour, office = cloud.person("guesser"), cloud.person("neighbour"), ipv4()
        assert slips(cloud, guesser, office, 12)[-1] == 429
        right = code_for(cloud, neighbour)
        assert look(cloud, neighbour, right, office).status_code == 200
        approved = cloud.client.post(
            "/oauth2/device/approve",
            params={"user_code": right},
            headers={**bearer(neighbour.pat), **at(office)},
        )
        assert approved.status_code == 200

    def test_a_right_code_does_not_reset_it(self, cloud: Cloud) -> None:
        guesser, neighbour, office = cloud.person("guesser"), cloud.person("neighbour"), ipv4()
        assert slips(cloud, guesser, office, 9) == [404] * 9
        right = code_for(cloud, neighbour)
        assert look(cloud, neighbour, right, office).status_code == 200
        assert slips(cloud, guesser, office, 1) == [404]
        assert slips(cloud, neighbour, office, 1) == [429]

    def test_many_accounts_behind_it_have_three_slips_each_at_most(self, cloud: Cloud) -> None:
        guesser, accomplice, office = cloud.person("guesser"), cloud.person("accomplice"), ipv4()
        right = code_for(cloud, accomplice)
        slips(cloud, guesser, office, 10)
        assert slips(cloud, accomplice, office, 3) == [429] * 3
        assert look(cloud, accomplice, right, office).status_code == 429
        assert look(cloud, accomplice, right, ipv4()).status_code == 200

    def test_what_is_kept_of_a_guesser_is_two_counts(self, cloud: Cloud) -> None:
        guesser, first = cloud.person("guesser"), ipv6_prefix()
        slips(cloud, guesser, first + 5, 12)
        found = rows(
            cloud.url,
            "SELECT kind, subject, count FROM attempt WHERE subject IN ($1, $2) ORDER BY kind",
            guesser.id,
            f"{first}/64",
        )
        assert found == [
            {"kind": "user_code_account", "subject": guesser.id, "count": 10},
            {"kind": "user_code_address", "subject": f"{first}/64", "count": 10},
        ]
