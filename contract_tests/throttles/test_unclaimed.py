"""Instances that register without a key: a quota per address prefix, a cap for all of them, and a time after
which they are gone. Each bound holds to the row when fifty arrive at once.
"""

from __future__ import annotations

import asyncio

import httpx
import pytest

from contract_tests.harness.instances import GRANT_TYPES, SCOPE, Instance, bearer
from contract_tests.harness.lanes import Lanes, opened
from contract_tests.harness.stored import execute, rows
from contract_tests.races.crowd import FIFTY, told
from contract_tests.throttles.conftest import CAP, Cloud, at, ipv4, ipv6_prefix

QUOTA = 20
MADE, OVER_QUOTA, FULL = "201", "429 too_many_requests", "503 temporarily_unavailable"
BODY = {"grant_types": GRANT_TYPES, "scope": SCOPE}


@pytest.fixture
def small(tight_cloud: Cloud) -> Cloud:
    """One where ten may wait, and nobody does."""
    execute(tight_cloud.url, "DELETE FROM instance WHERE workspace_id IS NULL")
    execute(tight_cloud.url, "DELETE FROM attempt")
    return tight_cloud


def waiting(cloud: Cloud) -> int:
    query = "SELECT count(*) AS n FROM instance WHERE workspace_id IS NULL"
    return int(rows(cloud.url, query)[0]["n"])


def counted(cloud: Cloud) -> int:
    query = "SELECT count(*) AS n FROM attempt WHERE kind = 'registration'"
    return int(rows(cloud.url, query)[0]["n"])


def register(cloud: Cloud, address: object) -> httpx.Response:
    return cloud.client.post("/oauth2/register", json=BODY, headers=at(address))


def a_second_passes(cloud: Cloud) -> None:
    """For so long after a count that found no place, nobody counts again."""
    execute(
        cloud.url,
        "UPDATE attempt SET window_started_at = window_started_at - interval '1 second' "
        "WHERE kind = 'unclaimed'",
    )


async def fifty_from(http: Lanes, *addresses: object) -> list[httpx.Response]:
    """Fifty at once, the addresses in turn."""
    calls = (
        http.post("/oauth2/register", json=BODY, headers=at(addresses[turn % len(addresses)]))
        for turn in range(FIFTY)
    )
    return await asyncio.gather(*calls)


class TestQuota:
    @pytest.mark.parametrize("prefix", ["IPv4", "IPv6 /64"])
    async def test_of_fifty_at_once_from_one_prefix_twenty_are_registered(
        self, cloud: Cloud, prefix: str
    ) -> None:
        first, before = (ipv4() if prefix == "IPv4" else ipv6_prefix()), waiting(cloud)
        addresses = [first] if prefix == "IPv4" else [first + offset for offset in range(1, 26)]
        async with opened(cloud.server.url, FIFTY) as http:
            answers = await fifty_from(http, *addresses)
        assert told(answers) == {MADE: QUOTA, OVER_QUOTA: FIFTY - QUOTA}
        assert waiting(cloud) - before == QUOTA
        for each in answers:
            if each.status_code == 429:
                assert 0 < int(each.headers["Retry-After"]) <= 3600
        assert register(cloud, ipv4()).status_code == 201

    def test_ends_with_its_hour(self, cloud: Cloud) -> None:
        address = ipv4()
        assert [register(cloud, address).status_code for _ in range(QUOTA + 1)][-2:] == [201, 429]
        query = "UPDATE attempt SET window_started_at = now() - interval '1 hour' WHERE subject = $1"
        execute(cloud.url, query, str(address))
        assert register(cloud, address).status_code == 201

    def test_binds_nobody_who_has_a_key(self, cloud: Cloud) -> None:
        address, ada = ipv4(), cloud.person("ada")
        assert [register(cloud, address).status_code for _ in range(QUOTA + 1)][-1] == 429
        answer = cloud.client.post(
            "/oauth2/register", json={**BODY, "instance_registration_key": ada.key}, headers=at(address)
        )
        assert answer.status_code == 201


class TestCap:
    async def test_of_fifty_at_once_from_everywhere_ten_are_registered(self, small: Cloud) -> None:
        async with opened(small.server.url, FIFTY) as http:
            answers = await fifty_from(http, *(ipv4() for _ in range(FIFTY)))
            assert told(answers) == {MADE: CAP, FULL: FIFTY - CAP}
            assert waiting(small) == CAP
            a_second_passes(small)
            assert told(await fifty_from(http, *(ipv4() for _ in range(FIFTY)))) == {FULL: FIFTY}
        assert waiting(small) == CAP
        for each in answers:
            if each.status_code == 503:
                assert int(each.headers["Retry-After"]) > 0

    def test_once_it_is_known_to_be_full_a_refusal_writes_nothing(self, small: Cloud) -> None:
        assert [register(small, ipv4()).status_code for _ in range(CAP)] == [201] * CAP
        register(small, ipv4())
        # As if the second in which that is known had only just begun, for as long as the test takes.
        execute(small.url, "UPDATE attempt SET window_started_at = now() + interval '1 hour' "
                           "WHERE kind = 'unclaimed'")  # fmt: skip
        query = "SELECT xmin::text, * FROM attempt ORDER BY kind, subject"
        before = rows(small.url, query)
        assert {register(small, ipv4()).status_code for _ in range(5)} == {503}
        assert rows(small.url, query) == before

    def test_a_claimed_instance_makes_room(self, small: Cloud) -> None:
        ada = small.person("ada")
        instances = [Instance.register(small.client) for _ in range(CAP)]
        assert register(small, ipv4()).status_code == 503
        client_id = instances[3].client_id
        small.admin.run("instance", "claim", "--client-id", client_id, "--user", ada.email, "--name", "bench")
        a_second_passes(small)
        assert [register(small, ipv4()).status_code for _ in range(2)] == [201, 503]
        assert waiting(small) == CAP

    def test_those_past_their_time_make_room_and_claimed_ones_stay(self, small: Cloud) -> None:
        ada = small.person("ada")
        claimed = Instance.register(small.client, key=ada.key)
        for _ in range(CAP):
            register(small, ipv4())
        execute(small.url, "UPDATE instance SET registered_at = registered_at - interval '25 hours'")
        a_second_passes(small)
        assert register(small, ipv4()).status_code == 201
        assert waiting(small) == 1
        token = bearer(claimed.own_token())
        assert small.client.get("/instance/workspace", headers=token).status_code == 200

    def test_a_lower_cap_holds_at_once(self, small: Cloud) -> None:
        """What the row says was counted under another cap is no promise of places."""
        execute(
            small.url,
            "INSERT INTO attempt (kind, subject, window_started_at, count) "
            "VALUES ('unclaimed', 'all', now(), 5000)",
        )
        a_second_passes(small)
        assert register(small, ipv4()).status_code == 201
        assert waiting(small) == 1
