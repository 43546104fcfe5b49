"""Many accounts from one origin, a kind of browser behind an address prefix: the captcha, then the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import httpx
import pytest

from contract_tests.harness.browsers import FIREFOX, SAFARI, origin_of
from contract_tests.harness.lanes import opened
from contract_tests.harness.newcomers import SIGN_UP, Newcomer
from contract_tests.harness.stored import execute, rows
from contract_tests.harness.turnstile import TurnstileService
from contract_tests.storage.cluster import SharedCluster
from contract_tests.throttles.conftest import Cloud, at, ipv4, ipv6_prefix, running

DAY_S = 24 * 60 * 60
Address = IPv4Address | IPv6Address


@pytest.fixture(scope="module")
def service() -> Iterator[TurnstileService]:
    with TurnstileService() as made:
        yield made


@pytest.fixture(scope="module")
def guarded(
    cluster: SharedCluster,
    migrated: str,
    tmp_path_factory: pytest.TempPathFactory,
    service: TurnstileService,
) -> Iterator[Cloud]:
    """With a captcha that the first two need not solve."""
    variables = {name.removeprefix("CANDOR_").lower(): value for name, value in service.variables.items()}
    directory = tmp_path_factory.mktemp("sign-ups")
    with running(cluster, migrated, directory, sign_ups_before_captcha="2", **variables) as made:
        yield made


def sign_up(
    cloud: Cloud,
    address: Address,
    *,
    newcomer: Newcomer | None = None,
    browser: str = FIREFOX,
    token: str | None = None,
) -> httpx.Response:
    body = (newcomer or Newcomer.invented()).body | ({"captcha_token": token} if token else {})
    headers = {"User-Agent": browser, "Accept-Language": "de", "Origin": origin_of(cloud.client)}
    return cloud.client.post(SIGN_UP, json=body, headers=headers | at(address))


def statuses(cloud: Cloud, address: Address, times: int) -> list[int]:
    return [sign_up(cloud, address).status_code for _ in range(times)]


def kept_from(cloud: Cloud, address: Address) -> int:
    return int(rows(cloud.url, "SELECT count(*) AS kept FROM sign_up WHERE ip = $1", str(address))[0]["kept"])


class TestPerOrigin:
    @pytest.mark.promise("K7")
    def test_five_in_a_day_are_refused_a_sixth_in_a_clear_sentence(self, cloud: Cloud) -> None:
        address = ipv4()
        assert statuses(cloud, address, 5) == [202] * 5
        refused = sign_up(cloud, address)
        assert (refused.status_code, refused.json()["error"]) == (429, "too_many_requests")
        assert refused.json()["message"] == (
            "Too many accounts were asked for from your network with your kind of browser."
            " Try again later, or ask whoever runs this server."
        )
        assert DAY_S - 120 < int(refused.headers["Retry-After"]) <= DAY_S
        assert kept_from(cloud, address) == 5

    def test_another_kind_of_browser_or_another_network_is_another_origin(self, cloud: Cloud) -> None:
        address = ipv4()
        statuses(cloud, address, 6)
        assert sign_up(cloud, address, browser=SAFARI).status_code == 202
        assert sign_up(cloud, ipv4()).status_code == 202

    def test_an_ipv6_network_is_one(self, cloud: Cloud) -> None:
        network = ipv6_prefix()
        answers = [sign_up(cloud, network + turn).status_code for turn in range(6)]
        assert answers == [202] * 5 + [429]

    def test_it_ends_with_the_day(self, cloud: Cloud) -> None:
        address = ipv4()
        statuses(cloud, address, 6)
        for hours, status in ((23, 429), (24, 202)):
            execute(
                cloud.url,
                "UPDATE attempt SET window_started_at = now() - make_interval(hours => $1)"
                " WHERE kind = 'sign_up_origin'",
                hours,
            )
            assert sign_up(cloud, address).status_code == status

    def test_one_that_fails_counts_for_nothing(self, cloud: Cloud) -> None:
        address, nell = ipv4(), Newcomer.invented()
        assert sign_up(cloud, address, newcomer=nell).status_code == 202
        again = [sign_up(cloud, address, newcomer=nell).status_code for _ in range(3)]
        assert again == [409] * 3
        assert statuses(cloud, address, 5) == [202] * 4 + [429]

    def test_what_is_kept_is_a_count_under_a_digest(self, cloud: Cloud) -> None:
        execute(cloud.url, "DELETE FROM attempt")
        statuses(cloud, ipv4(), 3)
        (kept,) = rows(cloud.url, "SELECT subject, count FROM attempt WHERE kind = 'sign_up_origin'")
        assert (len(bytes.fromhex(kept["subject"])), kept["count"]) == (32, 3)

    async def test_of_fifty_at_once_five_are_kept(self, cloud: Cloud) -> None:
        address = ipv4()
        told = await fifty(cloud, address)
        assert kept_from(cloud, address) == told.count(202)
        assert told.count(202) <= 5
        assert set(told) <= {202, 429, 503}  # as many passwords as wait for their turn are bounded, too
        statuses(cloud, address, 6)
        assert kept_from(cloud, address) == 5


class TestBeforeTheCaptcha:
    def test_the_first_need_none_and_the_next_do(self, guarded: Cloud, service: TurnstileService) -> None:
        address, asked = ipv4(), len(service.questions)
        assert statuses(guarded, address, 2) == [202] * 2
        assert len(service.questions) == asked
        refused = sign_up(guarded, address)
        assert (refused.status_code, refused.json()["error"]) == (403, "captcha_required")
        solved = [sign_up(guarded, address, token=service.token("sign_up")) for _ in range(4)]
        assert [each.status_code for each in solved] == [202] * 3 + [429]
        assert len(service.questions) == asked + 3

    async def test_of_fifty_at_once_no_more_pass_without_one(self, guarded: Cloud) -> None:
        address = ipv4()
        told = await fifty(guarded, address)
        assert kept_from(guarded, address) == told.count(202)
        assert told.count(202) <= 2
        assert set(told) <= {202, 403, 503}
        statuses(guarded, address, 3)
        assert kept_from(guarded, address) == 2


async def fifty(cloud: Cloud, address: Address) -> list[int]:
    """Fifty different people at the same moment, from one origin."""
    headers = {"User-Agent": FIREFOX, "Accept-Language": "de", "Origin": cloud.server.url, **at(address)}
    async with opened(cloud.server.url, 50) as http:
        answers = await asyncio.gather(
            *(http.post(SIGN_UP, json=Newcomer.invented().body, headers=headers) for _ in range(50))
        )
    return [each.status_code for each in answers]
