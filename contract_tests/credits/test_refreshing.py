"""What time does to a wallet: the month's credits once, and what is over goes, but not from under a call."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contract_tests.credits.ledger import A_MONTH, FEBRUARY, NOW, Ledger, Wallet
from persistence.credits.expiring import Over, losses
from persistence.credits.months import begin_of_next, month_of
from persistence.credits.settling import Settled
from persistence.deletion import delete_account

FIFTY = 50
A_SECOND = timedelta(seconds=1)
BERLIN = ZoneInfo("Europe/Berlin")


class TestMonthlyCredits:
    @pytest.mark.promise("K6")
    async def test_come_once_a_month(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        await ledger.refresh(ada)
        await ledger.refresh(ada, NOW + timedelta(days=3))
        assert await ledger.wallet(ada) == Wallet(A_MONTH, 0, 0, "2027-01", FEBRUARY)
        assert await ledger.keys(ada) == [f"plan:{ada}:2027-01"]
        assert await ledger.lots(ada) == [("granted", A_MONTH)]

    async def test_do_not_add_up(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        await ledger.refresh(ada)
        await ledger.refresh(ada, FEBRUARY)
        assert (await ledger.wallet(ada)).posted == A_MONTH
        assert await ledger.sum_of(ada, "expired") == A_MONTH
        assert (await ledger.keys(ada))[2] == f"plan:{ada}:2027-02"

    async def test_come_to_whoever_returns_after_a_year(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        await ledger.refresh(ada)
        await ledger.refresh(ada, NOW + timedelta(days=365))
        assert (await ledger.wallet(ada)).granted_for == "2028-01"
        assert (await ledger.wallet(ada)).posted == A_MONTH

    async def test_are_not_given_by_a_plan_without(self, ledger: Ledger) -> None:
        ada = await ledger.person("basic")
        await ledger.refresh(ada)
        assert await ledger.wallet(ada) == Wallet(0, 0, 0, None, None)

    async def test_are_not_given_by_a_plan_that_is_over(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        await ledger.put_on(ada, "team", until=NOW)
        await ledger.refresh(ada, NOW)
        assert (await ledger.wallet(ada)).posted == 0
        await ledger.put_on(ada, "team", until=NOW + A_SECOND)
        await ledger.refresh(ada, NOW)
        assert (await ledger.wallet(ada)).posted == A_MONTH

    async def test_come_at_once_with_an_upgrade_and_never_twice(self, ledger: Ledger) -> None:
        ada = await ledger.person("basic")
        await ledger.refresh(ada)
        for plan in ("individual", "basic", "team", "enterprise"):
            await ledger.put_on(ada, plan)
            await ledger.refresh(ada)
        assert (await ledger.wallet(ada)).posted == A_MONTH

    async def test_are_not_given_again_where_the_wallet_forgot(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        await ledger.refresh(ada)
        await ledger.rows("UPDATE credit_wallet SET granted_for = NULL")
        await ledger.refresh(ada)
        assert await ledger.wallet(ada) == Wallet(A_MONTH, 0, 0, "2027-01", FEBRUARY)

    @pytest.mark.promise("K6")
    async def test_come_once_to_fifty_who_look_at_once(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        await asyncio.gather(*(ledger.refresh(ada) for _ in range(FIFTY)))
        assert (await ledger.wallet(ada)).posted == A_MONTH
        assert len(await ledger.keys(ada)) == 1

    async def test_come_once_at_the_boundary_second(self, ledger: Ledger) -> None:
        """Half of the fifty read the clock before midnight, half after, and they come in any order."""
        ada = await ledger.person()
        moments = [FEBRUARY - timedelta(microseconds=1), FEBRUARY, FEBRUARY - A_SECOND, FEBRUARY + A_SECOND]
        around = itertools.islice(itertools.cycle(moments), FIFTY)
        await asyncio.gather(*(ledger.refresh(ada, moment) for moment in around))
        await ledger.refresh(ada, FEBRUARY - A_SECOND)
        assert await ledger.wallet(ada) == Wallet(A_MONTH, 0, 0, "2027-02", begin_of_next(FEBRUARY))
        keys = await ledger.keys(ada)
        assert keys.count(f"plan:{ada}:2027-02") == 1
        assert keys.count(f"plan:{ada}:2027-01") <= 1
        issued = await ledger.sum_of(ada, "issued")
        assert A_MONTH - issued - await ledger.sum_of(ada, "expired") == A_MONTH + A_MONTH

    async def test_a_clock_that_is_behind_gives_nothing_back(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        await ledger.refresh(ada, FEBRUARY)
        await ledger.refresh(ada, FEBRUARY - A_SECOND)
        assert await ledger.keys(ada) == [f"plan:{ada}:2027-02"]

    @pytest.mark.parametrize("year", [2027, 2028])
    async def test_come_once_a_month_across_summer_time(self, ledger: Ledger, year: int) -> None:
        """Every half an hour around both changes of the clock in Berlin, at both ends of their months."""
        ada = await ledger.person()
        for month in (3, 10):
            local = datetime(year, month, 31, 22, tzinfo=BERLIN)
            for turn in range(12):
                await ledger.refresh(ada, (local.astimezone(UTC) + turn * timedelta(minutes=30)))
                assert (await ledger.wallet(ada)).posted == A_MONTH
        months = [key.rpartition(":")[2] for key in await ledger.keys(ada) if key.startswith("plan:")]
        assert months == [f"{year}-{month}" for month in ("03", "04", "10", "11")]


class TestMonths:
    def test_are_those_of_utc(self) -> None:
        assert month_of(datetime(2027, 3, 1, 0, 30, tzinfo=BERLIN)) == "2027-02"
        assert month_of(datetime(2027, 4, 1, 1, 59, tzinfo=BERLIN)) == "2027-03"
        assert month_of(datetime(2027, 4, 1, 2, tzinfo=BERLIN)) == "2027-04"

    def test_end_where_the_next_begins(self) -> None:
        assert begin_of_next(datetime(2027, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2028, 1, 1, tzinfo=UTC)
        assert begin_of_next(datetime(2028, 1, 1, 0, 30, tzinfo=BERLIN)) == datetime(2028, 1, 1, tzinfo=UTC)


class TestPaidLots:
    @pytest.mark.promise("K6")
    async def test_are_touched_by_no_change_of_plan(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(7_000, kind="paid")
        for plan, monthly, at in (
            ("individual", A_MONTH, NOW),
            ("basic", 0, NOW),
            ("team", A_MONTH * 2, FEBRUARY),
            ("individual", 1, begin_of_next(FEBRUARY)),
            ("basic", 0, begin_of_next(begin_of_next(FEBRUARY))),
        ):
            await ledger.put_on(ada, plan)
            await ledger.rows("UPDATE plan SET monthly_credits = $1 WHERE name = $2", monthly, plan)
            await ledger.refresh(ada, at)
            assert (await ledger.lots(ada))[0] == ("paid", 7_000)
        await ledger.rows("UPDATE plan SET monthly_credits = $1 WHERE name <> 'basic'", A_MONTH)
        assert (await ledger.wallet(ada)).posted == 7_000


class TestExpiry:
    async def test_takes_what_is_over_and_says_when_the_next_is(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(10, until=NOW + A_SECOND)
        await ledger.give(ada, 20, until=NOW + 2 * A_SECOND)
        await ledger.give(ada, 30)
        await ledger.refresh(ada, NOW + timedelta(microseconds=999_999))
        assert (await ledger.wallet(ada)).posted == 60
        await ledger.refresh(ada, NOW + A_SECOND)
        assert await ledger.wallet(ada) == Wallet(50, 0, 0, None, NOW + 2 * A_SECOND)
        await ledger.refresh(ada, NOW + timedelta(days=1))
        assert await ledger.wallet(ada) == Wallet(30, 0, 0, None, None)
        assert await ledger.sum_of(ada, "expired") == 30

    @pytest.mark.promise("K6")
    async def test_neither_fails_a_call_that_is_under_way_nor_charges_it_to_other_credits(
        self, ledger: Ledger
    ) -> None:
        ada = await ledger.person()
        before, after = FEBRUARY - A_SECOND, FEBRUARY + A_SECOND
        await ledger.refresh(ada, before)
        call, _ = await ledger.reserve(ada, 60_000, now=before)
        await ledger.refresh(ada, FEBRUARY)
        assert (await ledger.wallet(ada)).posted == A_MONTH + 60_000
        await ledger.refresh(ada, after)  # by now there would be other credits to hold
        assert await ledger.settle(ada, call, 50_000, now=after) == Settled(50_000, 0, A_MONTH + 10_000)
        assert await ledger.lots(ada) == [("granted", 10_000), ("granted", A_MONTH)]
        await ledger.refresh(ada, after)
        assert await ledger.lots(ada) == [("granted", 0), ("granted", A_MONTH)]
        (january,) = await ledger.rows("SELECT id FROM credit_lot WHERE remaining = 0")
        expired = [key for key in await ledger.keys(ada) if key.startswith("expire:")]
        assert expired == [f"expire:{january['id']}:60000", f"expire:{january['id']}"]

    async def test_a_call_that_fails_leaves_nothing_of_what_is_over(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(100, until=NOW + A_SECOND)
        call, _ = await ledger.reserve(ada, 100)
        await ledger.refresh(ada, NOW + A_SECOND)
        assert await ledger.settle(ada, call, 0, charge=False, now=NOW + A_SECOND) == Settled(0, 0, 100)
        await ledger.refresh(ada, NOW + A_SECOND)
        assert (await ledger.wallet(ada)).posted == 0

    async def test_fifty_at_once_with_calls_under_way_lose_nothing(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        before, after = FEBRUARY - A_SECOND, FEBRUARY + A_SECOND
        await ledger.refresh(ada, before)
        calls = [(await ledger.reserve(ada, 1_000, now=before))[0] for _ in range(25)]
        work = [ledger.settle(ada, call, 1_000, now=after) for call in calls]
        looks = [ledger.refresh(ada, after) for _ in range(FIFTY - 25)]
        settled = await asyncio.gather(*(each for pair in zip(work, looks, strict=True) for each in pair))
        assert len([each for each in settled if each is not None]) == 25
        await ledger.refresh(ada, after)
        assert await ledger.wallet(ada) == Wallet(A_MONTH, 0, 0, "2027-02", begin_of_next(FEBRUARY))
        assert await ledger.sum_of(ada, "spent") == 25_000


class TestWhatIsLost:
    def test_is_all_of_what_nothing_holds(self) -> None:
        lots = [Over("a", 10, 0), Over("b", 20, 0)]
        assert [lost for _, lost in losses(lots, available=100)] == [10, 20]

    def test_is_nothing_of_what_calls_may_still_burn(self) -> None:
        lots = [Over("a", 10, 15), Over("b", 20, 15)]
        assert [(lot.id, lost) for lot, lost in losses(lots, available=100)] == [("b", 15)]

    def test_a_later_lot_is_held_by_calls_that_began_later(self) -> None:
        lots = [Over("a", 10, 0), Over("b", 20, 15)]
        assert [lost for _, lost in losses(lots, available=100)] == [10, 5]

    def test_is_never_more_than_is_available(self) -> None:
        lots = [Over("a", 10, 0), Over("b", 20, 0)]
        assert [lost for _, lost in losses(lots, available=12)] == [10, 2]
        assert list(losses(lots, available=0)) == []


class TestAccountThatGoes:
    async def test_has_no_wallet_made(self, ledger: Ledger) -> None:
        await ledger.refresh("Z" * 26)
        assert await ledger.value("SELECT count(*) FROM credit_wallet") == 0

    async def test_goes_while_its_first_credits_come(self, ledger: Ledger) -> None:
        for _ in range(20):
            ada = await ledger.person()

            async def goes(user_id: str = ada) -> None:
                async with ledger.database.unit_of_work() as store:
                    assert await delete_account(store, user_id=user_id, now=NOW) is not None

            looks = [ledger.refresh(ada) for _ in range(6)]
            await asyncio.gather(*looks[:3], goes(), *looks[3:])
            for table in ("account", "credit_wallet", "credit_lot", "credit_entry"):
                assert await ledger.value(f"SELECT count(*) FROM {table}") == 0

    async def test_goes_with_all_its_credits_whatever_is_under_way(self, ledger: Ledger) -> None:
        for _ in range(10):
            ada = await ledger.person()
            await ledger.give(ada, 100)
            calls = [(await ledger.reserve(ada, 5))[0] for _ in range(10)]

            async def goes(user_id: str = ada) -> None:
                async with ledger.database.unit_of_work() as store:
                    await delete_account(store, user_id=user_id, now=NOW)

            await asyncio.gather(
                *(ledger.settle(ada, call, 5) for call in calls[:7]),
                goes(),
                *(ledger.refresh(ada) for _ in range(5)),
                *(ledger.reserve(ada, 1) for _ in range(5)),
                ledger.sweep(),
            )
            for table in ("wallet", "lot", "hold", "transaction", "entry"):
                assert await ledger.value(f"SELECT count(*) FROM credit_{table}") == 0
