"""How a call ends: once, at what it took, and never at more than was held for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from contract_tests.credits.ledger import CALL_TAKES, NOW, Ledger, Wallet
from persistence.credits.settling import Settled

ROUNDS = 10
SOONER = "timestamptz '2027-01-15 13:00Z'"
ADDED_BY_ANOTHER = (
    "INSERT INTO credit_transaction VALUES (repeat('T', 26), $1, 'grant', 'grant:T', now())",
    "INSERT INTO credit_entry SELECT repeat('T', 26), 'user', 5 WHERE $1 <> ''",
    "INSERT INTO credit_entry SELECT repeat('T', 26), 'issued', -5 WHERE $1 <> ''",
    f"INSERT INTO credit_lot VALUES (repeat('T', 26), $1, 'grant:T', 'granted', 5, 5, {SOONER}, now())",
    f"UPDATE credit_wallet SET posted = posted + 5, next_expiry = {SOONER} WHERE user_id = $1",
)
"""Five credits that expire sooner than any."""
FIFTY = 50


class TestSettle:
    @pytest.mark.promise("K6")
    async def test_charges_the_tokens_that_were_used(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_000)
        call, _ = await ledger.reserve(ada, 500, token_credit=3)
        assert await ledger.settle(ada, call, 20) == Settled(60, 0, 940)
        assert await ledger.wallet(ada) == Wallet(940, 0, 0, None, None)
        assert await ledger.sum_of(ada, "spent") == 60
        (row,) = await ledger.rows("SELECT * FROM assistant_call")
        assert {**row, "created_at": NOW} == {
            "id": call,
            "user_id": ada,
            "model": "demo",
            "token_credit": 3,
            "prompt_tokens": 14,
            "completion_tokens": 6,
            "credits": 60,
            "absorbed": 0,
            "estimated": False,
            "latency_ms": 12,
            "error_code": None,
            "created_at": NOW,
        }

    async def test_what_goes_beyond_the_hold_is_the_houses(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_000)
        call, _ = await ledger.reserve(ada, 50)
        assert await ledger.settle(ada, call, 80) == Settled(50, 30, 950)
        assert [await ledger.sum_of(ada, each) for each in ("user", "spent", "absorbed")] == [950, 80, -30]

    async def test_a_failure_costs_nothing_and_leaves_its_row(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_000)
        call, _ = await ledger.reserve(ada, 50)
        settled = await ledger.settle(ada, call, 80, charge=False, error_code="timeout")
        assert settled == Settled(0, 0, 1_000)
        assert len(await ledger.keys(ada)) == 1
        (row,) = await ledger.rows("SELECT prompt_tokens, credits, error_code FROM assistant_call")
        assert row == {"prompt_tokens": 54, "credits": 0, "error_code": "timeout"}

    async def test_a_free_model_costs_nothing(self, ledger: Ledger) -> None:
        ada = await ledger.person("basic")
        await ledger.refresh(ada)
        call, held = await ledger.reserve(ada, 0, least=0, token_credit=0)
        assert held == 0
        assert await ledger.settle(ada, call, 80) == Settled(0, 0, 0)
        assert await ledger.keys(ada) == []

    async def test_happens_once(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_000)
        call, _ = await ledger.reserve(ada, 50)
        assert await ledger.settle(ada, call, 10) is not None
        assert await ledger.settle(ada, call, 10) is None
        assert (await ledger.wallet(ada)).posted == 990
        assert await ledger.value("SELECT count(*) FROM assistant_call") == 1

    async def test_knows_only_calls_of_that_person(self, ledger: Ledger) -> None:
        ada, ben = await ledger.person_with(1_000), await ledger.person_with(1_000)
        call, _ = await ledger.reserve(ada, 50)
        assert await ledger.settle(ben, call, 10) is None
        assert await ledger.settle(ada, call, 10) == Settled(10, 0, 990)


class TestBurning:
    async def test_begins_with_what_expires_soonest_then_what_was_granted(self, ledger: Ledger) -> None:
        ada = await ledger.person("basic")
        soon, later = NOW + timedelta(days=1), NOW + timedelta(days=9)
        await ledger.give(ada, 10, kind="paid")
        await ledger.give(ada, 10, kind="granted")
        await ledger.give(ada, 10, kind="paid", until=later)
        await ledger.give(ada, 10, kind="granted", until=later)
        await ledger.give(ada, 10, kind="paid", until=soon)
        await ledger.give(ada, 10, kind="granted", until=later)
        orders = []
        for _ in range(6):
            call, _ = await ledger.reserve(ada, 10)
            await ledger.settle(ada, call, 10)
            lots = await ledger.lots(ada)
            orders.append([place for place, (_, left) in enumerate(lots) if not left])
        newly = [set(after) - set(before) for before, after in zip([[], *orders], orders, strict=False)]
        assert newly == [{4}, {3}, {5}, {2}, {1}, {0}]

    async def test_goes_over_several_lots(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(30, kind="granted", until=NOW + timedelta(days=1))
        await ledger.give(ada, 30, kind="granted")
        await ledger.give(ada, 30, kind="paid")
        call, _ = await ledger.reserve(ada, 75)
        assert await ledger.settle(ada, call, 75) == Settled(75, 0, 15)
        assert await ledger.lots(ada) == [("granted", 0), ("granted", 0), ("paid", 15)]
        assert (await ledger.wallet(ada)).next_expiry is None

    async def test_never_touches_what_was_paid_while_something_was_granted(self, ledger: Ledger) -> None:
        ada = await ledger.person()
        await ledger.give(ada, 1_000, kind="paid")
        await ledger.refresh(ada)
        call, _ = await ledger.reserve(ada, 5_000)
        await ledger.settle(ada, call, 5_000)
        assert await ledger.lots(ada) == [("paid", 1_000), ("granted", 495_000)]


class TestRaces:
    async def test_fifty_that_settle_a_call_charge_it_once(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_000)
        call, _ = await ledger.reserve(ada, 500)
        settled = await asyncio.gather(*(ledger.settle(ada, call, 100) for _ in range(FIFTY)))
        assert [each for each in settled if each] == [Settled(100, 0, 900)]

    async def test_a_call_is_settled_or_swept(self, ledger: Ledger) -> None:
        outcomes = set()
        for turn in range(ROUNDS):
            ada = await ledger.person_with(1_000)
            calls = [(await ledger.reserve(ada, 20))[0] for _ in range(10)]
            sweeps = [ledger.sweep() for _ in range(5)]
            settling = [ledger.settle(ada, call, 20) for call in calls]
            work = [*sweeps, *settling] if turn % 2 else [*settling, *sweeps]
            await asyncio.gather(*work)
            await ledger.sweep()
            charged = await ledger.value(
                "SELECT count(*) FROM assistant_call WHERE user_id = $1 AND error_code IS NULL", ada
            )
            assert await ledger.wallet(ada) == Wallet(1_000 - 20 * charged, 0, 0, None, None)
            all_of_them = "SELECT count(*) FROM assistant_call WHERE user_id = $1"
            assert await ledger.value(all_of_them, ada) == 10
            outcomes.add(charged)
        assert outcomes

    async def test_lots_that_come_and_go_meanwhile_change_nothing(self, ledger: Ledger) -> None:
        """A statement that waits for the wallet has not seen a lot that came before it got the lock."""
        for _ in range(ROUNDS):
            ada = await ledger.person_with(10)
            calls = [(await ledger.reserve(ada, 1))[0] for _ in range(10)]
            soon = NOW + timedelta(days=1)
            gifts = [ledger.give(ada, 5, kind="granted", until=soon) for _ in range(10)]
            settling = [ledger.settle(ada, call, 1) for call in calls]
            await asyncio.gather(*(each for pair in zip(settling, gifts, strict=True) for each in pair))
            assert (await ledger.wallet(ada)).posted == 50
            assert await ledger.faults() == []

    async def test_a_lot_that_came_while_it_waited_is_seen_after_all(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(10, until=NOW + timedelta(days=1))
        call, _ = await ledger.reserve(ada, 10)
        async with ledger.wallet_in_hand(ada) as another:
            waiting = asyncio.create_task(ledger.settle(ada, call, 10))
            await ledger.until_somebody_waits()
            for command in ADDED_BY_ANOTHER:
                await another.execute(command, ada)
        assert await waiting == Settled(10, 0, 5)
        assert await ledger.lots(ada) == [("paid", 5), ("granted", 0)]

    async def test_everything_at_once_ends(self, ledger: Ledger) -> None:
        """Locks are taken in one order: nobody waits for somebody who waits for them."""
        people = [await ledger.person() for _ in range(3)]
        for user_id in people:
            await ledger.give(user_id, 100, until=NOW + timedelta(seconds=30))

        async def call(user_id: str, turn: int) -> None:
            now = NOW + timedelta(seconds=turn)
            id, held = await ledger.reserve(user_id, 10, now=now)
            await ledger.refresh(user_id, now)
            if held is not None and turn % 3:
                await ledger.settle(user_id, id, 12, now=now)

        await asyncio.gather(
            *(call(user_id, turn) for turn in range(FIFTY) for user_id in people),
            *(ledger.sweep(NOW + CALL_TAKES + timedelta(seconds=10 * turn)) for turn in range(5)),
        )
        assert await ledger.faults() == []
