"""Guessing of passwords: per name and address prefix, and per prefix, counted before anything is decided."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from ipaddress import IPv4Address, IPv6Address

import httpx
import pytest

from contract_tests.harness.browsers import origin_of
from contract_tests.harness.lanes import opened
from contract_tests.harness.people import PASSWORD, Person
from contract_tests.harness.stored import execute, rows
from contract_tests.throttles.conftest import Cloud, at, ipv4, ipv6_prefix
from contract_tests.throttles.held import held

WINDOW_S = 15 * 60
WRONG = "a heron over seven wrong lakes"
Address = IPv4Address | IPv6Address


@pytest.fixture(scope="module")
def ada(cloud: Cloud) -> Person:
    """Somebody with a password, whose name others guess at."""
    return Person.with_password(cloud.admin, "ada")


def attempt(cloud: Cloud, name: str, password: str, address: Address) -> httpx.Response:
    return cloud.client.post(
        "/api/v1/account/sign-in",
        json={"login": name, "password": password},
        headers={"Origin": origin_of(cloud.client), **at(address)},
    )


def statuses(cloud: Cloud, name: str, address: Address, times: int) -> list[int]:
    return [attempt(cloud, name, WRONG, address).status_code for _ in range(times)]


def subject(name: str, prefix: object) -> str:
    return hashlib.sha256(f"{prefix}\0{name}".encode()).hexdigest()


def time_passes(cloud: Cloud, minutes: int) -> None:
    execute(
        cloud.url,
        "UPDATE attempt SET window_started_at = now() - make_interval(mins => $1) WHERE kind LIKE 'sign_in%'",
        minutes,
    )


class TestPerName:
    @pytest.mark.promise("K7")
    def test_ten_wrong_passwords_refuse_the_eleventh_and_the_right_one_too(
        self, cloud: Cloud, ada: Person
    ) -> None:
        address = ipv4()
        assert statuses(cloud, ada.email, address, 12) == [401] * 10 + [429] * 2
        refused = attempt(cloud, ada.email, PASSWORD, address)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= WINDOW_S

    def test_the_right_one_from_elsewhere_still_works(self, cloud: Cloud, ada: Person) -> None:
        guesser = ipv4()
        statuses(cloud, ada.email, guesser, 11)
        assert attempt(cloud, ada.email, PASSWORD, ipv4()).status_code == 200
        assert attempt(cloud, ada.email, PASSWORD, guesser).status_code == 429

    def test_a_name_that_nobody_has_counts_the_same(self, cloud: Cloud) -> None:
        nobody = f"nobody-{secrets.token_hex(4)}@example.org"
        assert statuses(cloud, nobody, ipv4(), 12) == [401] * 10 + [429] * 2

    def test_a_name_in_other_capitals_is_the_same_name(self, cloud: Cloud, ada: Person) -> None:
        address = ipv4()
        names = [ada.email, ada.email.upper(), f" {ada.email} "]
        answers = [attempt(cloud, names[turn % 3], WRONG, address).status_code for turn in range(11)]
        assert answers == [401] * 10 + [429]

    def test_a_right_one_counts_for_nothing_and_resets_nothing(self, cloud: Cloud, ada: Person) -> None:
        address = ipv4()
        assert statuses(cloud, ada.email, address, 9) == [401] * 9
        assert {attempt(cloud, ada.email, PASSWORD, address).status_code for _ in range(3)} == {200}
        assert statuses(cloud, ada.email, address, 2) == [401, 429]

    def test_the_refusals_end_with_the_window(self, cloud: Cloud, ada: Person) -> None:
        address = ipv4()
        statuses(cloud, ada.email, address, 11)
        time_passes(cloud, 14)
        soon = attempt(cloud, ada.email, PASSWORD, address)
        assert soon.status_code == 429
        assert 0 < int(soon.headers["Retry-After"]) <= 60
        time_passes(cloud, 15)
        assert attempt(cloud, ada.email, PASSWORD, address).status_code == 200

    def test_an_ipv6_network_is_one_address(self, cloud: Cloud, ada: Person) -> None:
        network = ipv6_prefix()
        assert [attempt(cloud, ada.email, WRONG, network + turn).status_code for turn in range(11)] == [
            *[401] * 10,
            429,
        ]

    def test_what_is_kept_is_two_counts_and_no_name(self, cloud: Cloud) -> None:
        address, typed = ipv4(), f"perhaps-a-password-{secrets.token_hex(4)}"
        statuses(cloud, typed, address, 12)
        named = subject(typed, address)
        found = rows(
            cloud.url,
            "SELECT kind, subject, count FROM attempt WHERE subject IN ($1, $2) ORDER BY kind",
            named,
            str(address),
        )
        assert found == [
            {"kind": "sign_in_address", "subject": str(address), "count": 10},
            {"kind": "sign_in_name", "subject": named, "count": 10},
        ]


class TestAtTheSameMoment:
    async def test_an_answer_is_not_decided_while_the_last_one_is_undecided(
        self, cloud: Cloud, ada: Person
    ) -> None:
        """Otherwise as many guesses as are sent at once would be answered."""
        address = ipv4()
        statuses(cloud, ada.email, address, 9)
        query = "SELECT 1 FROM attempt WHERE subject = $1 FOR UPDATE"
        async with opened(cloud.server.url, 2) as http:
            async with held(cloud.url, query, subject(ada.email, address)) as until_waiting:
                calls = []
                for turn, password in enumerate((WRONG, PASSWORD), 1):
                    call = http.post(
                        "/api/v1/account/sign-in",
                        json={"login": ada.email, "password": password},
                        headers={"Origin": cloud.server.url, **at(address)},
                    )
                    calls.append(asyncio.create_task(call))
                    await until_waiting(turn)
            answers = await asyncio.gather(*calls)
        assert [each.status_code for each in answers] == [401, 429]

    async def test_of_fifty_wrong_ones_ten_are_answered_as_wrong(self, cloud: Cloud, ada: Person) -> None:
        address = ipv4()
        async with opened(cloud.server.url, 50) as http:
            answers = await asyncio.gather(
                *(
                    http.post(
                        "/api/v1/account/sign-in",
                        json={"login": ada.email, "password": WRONG},
                        headers={"Origin": cloud.server.url, **at(address)},
                    )
                    for _ in range(50)
                )
            )
        told = [each.status_code for each in answers]
        assert told.count(401) == 10
        assert set(told) <= {401, 429, 503}  # as many passwords as wait for their turn are bounded, too


class TestPerAddress:
    def test_many_names_behind_one_address_share_its_limit(self, tight_cloud: Cloud) -> None:
        person, address = Person.with_password(tight_cloud.admin, "eve"), ipv4()
        wrong = [attempt(tight_cloud, f"name-{turn}", WRONG, address).status_code for turn in range(14)]
        assert wrong == [401] * 12 + [429] * 2
        assert attempt(tight_cloud, person.email, PASSWORD, address).status_code == 429
        assert attempt(tight_cloud, person.email, PASSWORD, ipv4()).status_code == 200
