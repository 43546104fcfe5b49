"""What a person is told of their credits: what there is, what happened to it, and what it went for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract_tests.credits.ledger import A_MONTH, Ledger
from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import Browser
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.instances import bearer
from contract_tests.harness.people import Person
from contract_tests.operations.paging import every_page
from handlers.credits.standing import CreditsAt, next_grant
from persistence.credits.months import begin_of_next

CREDITS, TRANSACTIONS, USAGE = "/api/v1/credits", "/api/v1/credits/transactions", "/api/v1/credits/usage"
FIFTY = 50


@pytest.fixture
def mia(admin: Administration) -> Person:
    """A person of the test's own, on the plan that everybody begins with."""
    return Person.with_password(admin, "mia")


@pytest.fixture
def subscribed(admin: Administration, mia: Person) -> Person:
    """Mia, on a plan that gives credits."""
    admin.run("subscription", "grant", "--user", mia.email, "--plan", "individual")
    return mia


@pytest.fixture
def browser(client: CheckedClient, mia: Person) -> Browser:
    return mia.browser(client)


def now() -> datetime:
    return datetime.now(UTC)


def told(client: CheckedClient, person: Person, path: str = CREDITS, **query: Any) -> Any:
    answer = client.get(path, params=query, headers=bearer(person.pat))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return answer.json()


class TestGetCredits:
    def test_are_none_on_the_first_plan(self, browser: Browser) -> None:
        assert browser.get(CREDITS).json() == {
            "balance": 0,
            "reserved": 0,
            "available": 0,
            "next_grant": None,
            "next_expiry": None,
        }

    @pytest.mark.promise("K6")
    def test_come_with_a_plan_and_last_for_the_month(self, client: CheckedClient, subscribed: Person) -> None:
        month = {"at": int(begin_of_next(now()).timestamp()), "credits": A_MONTH}
        for _ in range(2):
            assert told(client, subscribed) == {
                "balance": A_MONTH,
                "reserved": 0,
                "available": A_MONTH,
                "next_grant": month,
                "next_expiry": month,
            }

    async def test_tell_apart_what_calls_under_way_have_set_aside(
        self, client: CheckedClient, subscribed: Person, server_ledger: Ledger
    ) -> None:
        told(client, subscribed)
        call, _ = await server_ledger.reserve(subscribed.id, 4_000, now=now())
        found = told(client, subscribed)
        assert (found["balance"], found["reserved"], found["available"]) == (A_MONTH, 4_000, A_MONTH - 4_000)
        await server_ledger.settle(subscribed.id, call, 1_500, now=now())
        found = told(client, subscribed)
        assert (found["balance"], found["reserved"]) == (A_MONTH - 1_500, 0)
        assert found["next_expiry"]["credits"] == A_MONTH - 1_500

    async def test_are_gone_when_they_are_over(
        self, client: CheckedClient, mia: Person, server_ledger: Ledger
    ) -> None:
        soon = now() + timedelta(hours=1)
        await server_ledger.give(mia.id, 70, until=soon, now=now())
        await server_ledger.give(mia.id, 7, now=now())
        assert told(client, mia)["next_expiry"] == {"at": int(soon.timestamp()), "credits": 70}
        await server_ledger.rows(
            "UPDATE credit_lot SET expires_at = now() WHERE user_id = $1 AND amount = 70", mia.id
        )
        await server_ledger.rows("UPDATE credit_wallet SET next_expiry = now() WHERE user_id = $1", mia.id)
        found = told(client, mia)
        assert (found["balance"], found["next_expiry"]) == (7, None)
        assert await server_ledger.faults() == []

    @pytest.mark.promise("K6")
    async def test_come_once_to_fifty_who_look_at_once(
        self, async_client: AsyncCheckedClient, subscribed: Person
    ) -> None:
        headers = bearer(subscribed.pat)
        answers = await asyncio.gather(*(async_client.get(CREDITS, headers=headers) for _ in range(FIFTY)))
        assert {each.status_code for each in answers} == {200}
        assert {each.json()["balance"] for each in answers} == {A_MONTH}
        listed = (await async_client.get(TRANSACTIONS, headers=headers)).json()["items"]
        assert [each["amount"] for each in listed] == [A_MONTH]

    def test_nothing_more_comes_of_a_plan_that_ends_with_the_month(
        self, admin: Administration, client: CheckedClient, mia: Person
    ) -> None:
        today = str(now().date())
        admin.run("subscription", "grant", "--user", mia.email, "--plan", "team", "--until", today)
        found = told(client, mia)
        assert (found["balance"], found["next_grant"]) == (A_MONTH, None)

    def test_what_comes_next_comes_while_the_plan_lasts(self) -> None:
        at = datetime(2027, 1, 31, 12, tzinfo=UTC)
        february = datetime(2027, 2, 1, tzinfo=UTC)
        second = timedelta(seconds=1)
        assert next_grant(5, plan_until=None, now=at) == CreditsAt(february, 5)
        assert next_grant(5, plan_until=february + second, now=at) == CreditsAt(february, 5)
        assert next_grant(5, plan_until=february, now=at) is None
        assert next_grant(0, plan_until=None, now=at) is None


class TestListCreditTransactions:
    async def test_tells_everything_the_newest_first(
        self, client: CheckedClient, subscribed: Person, server_ledger: Ledger
    ) -> None:
        told(client, subscribed)
        await server_ledger.give(subscribed.id, 900, kind="paid", now=now())
        call, _ = await server_ledger.reserve(subscribed.id, 100, now=now())
        await server_ledger.settle(subscribed.id, call, 250, now=now())
        items = told(client, subscribed, TRANSACTIONS)["items"]
        assert [(each["kind"], each["amount"], each["model"]) for each in items] == [
            ("spend", -100, "demo"),
            ("purchase", 900, None),
            ("grant", A_MONTH, None),
        ]
        assert all(abs(each["at"] - now().timestamp()) < 60 for each in items)
        await server_ledger.rows("DELETE FROM assistant_call WHERE id = $1", call)
        assert told(client, subscribed, TRANSACTIONS)["items"][0]["model"] is None

    async def test_comes_in_pages_of_ones_own(
        self, client: CheckedClient, admin: Administration, mia: Person, server_ledger: Ledger
    ) -> None:
        other = Person.create(admin, "other")
        for amount in range(1, 8):
            await server_ledger.give(mia.id, amount, now=now() + timedelta(milliseconds=amount))
            await server_ledger.give(other.id, 1_000, now=now())
        found = every_page(client, TRANSACTIONS, mia.pat, limit=3)
        assert [each["amount"] for each in found] == [7, 6, 5, 4, 3, 2, 1]

    def test_begins_where_this_list_has_said(self, client: CheckedClient, mia: Person) -> None:
        for cursor in ("nonsense", "cGF0czowMUtBSjNTOVFXUDRUMEszTjVEN0Y5SDFKMw"):
            answer = client.get(TRANSACTIONS, params={"cursor": cursor}, headers=bearer(mia.pat))
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_cursor")

    @pytest.mark.parametrize("limit", [0, 101, "x"])
    def test_refuses_other_limits(self, client: CheckedClient, mia: Person, limit: object) -> None:
        answer = client.get(TRANSACTIONS, params={"limit": str(limit)}, headers=bearer(mia.pat))
        assert answer.status_code == 400


class TestListCreditUsage:
    async def test_adds_up_days_and_models(
        self, client: CheckedClient, mia: Person, server_ledger: Ledger
    ) -> None:
        today = now().replace(hour=0, minute=0, second=0, microsecond=0)
        days = [today, today - timedelta(microseconds=1), today - timedelta(days=29)]
        await server_ledger.give(mia.id, 1_000, now=now())
        for at in [*days, *days, today - timedelta(days=29, microseconds=1)]:
            call, _ = await server_ledger.reserve(mia.id, 50, now=at)
            await server_ledger.settle(mia.id, call, 9, now=at)
        failed, _ = await server_ledger.reserve(mia.id, 50, now=today)
        await server_ledger.settle(mia.id, failed, 0, charge=False, error_code="timeout", now=today)
        found = told(client, mia, USAGE)
        assert (found["since"], found["until"]) == (str(days[2].date()), str(today.date()))
        used = {"model": "demo", "prompt_tokens": 12, "completion_tokens": 6, "credits": 18}
        assert found["items"] == [
            {"day": str(today.date()), "calls": 3, **used},
            {"day": str(days[1].date()), "calls": 2, **used},
            {"day": str(days[2].date()), "calls": 2, **used},
        ]
        assert told(client, mia, USAGE, days=1)["items"] == found["items"][:1]
        assert told(client, mia, USAGE, days=1)["since"] == str(today.date())

    def test_is_nothing_where_nothing_was_used(self, browser: Browser) -> None:
        assert browser.get(USAGE).json()["items"] == []

    async def test_is_ones_own(
        self, client: CheckedClient, admin: Administration, mia: Person, server_ledger: Ledger
    ) -> None:
        other = Person.create(admin, "other")
        await server_ledger.give(other.id, 1_000, now=now())
        call, _ = await server_ledger.reserve(other.id, 50, now=now())
        await server_ledger.settle(other.id, call, 9, now=now())
        assert told(client, mia, USAGE)["items"] == []

    @pytest.mark.parametrize("days", ["0", "91", "-1", "1.5", ""])
    def test_refuses_other_spans(self, client: CheckedClient, mia: Person, days: str) -> None:
        answer = client.get(USAGE, params={"days": days}, headers=bearer(mia.pat))
        assert answer.status_code == 400
