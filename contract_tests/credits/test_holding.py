"""What is set aside before a call: never more than there is, whoever asks at the same moment."""

from __future__ import annotations

import asyncio

import pytest

from contract_tests.credits.ledger import NOW, Ledger, Wallet

KEY = b"k" * 32
FIFTY = 50


class TestReserve:
    @pytest.mark.promise("K6")
    async def test_sets_aside_what_is_wanted(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_000)
        assert (await ledger.reserve(ada, 300))[1] == 300
        assert await ledger.wallet(ada) == Wallet(1_000, 300, 1, None, None)

    async def test_sets_aside_what_there_is(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(100)
        assert (await ledger.reserve(ada, 5_000))[1] == 100

    async def test_sets_aside_no_more_than_one_call_may(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_000)
        assert (await ledger.reserve(ada, 5_000, at_most=400))[1] == 400
        assert (await ledger.reserve(ada, 5_000, at_most=700))[1] == 600

    async def test_refuses_what_is_less_than_the_least(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(99)
        assert (await ledger.reserve(ada, 5_000, least=100))[1] is None
        assert await ledger.wallet(ada) == Wallet(99, 0, 0, None, None)
        assert (await ledger.reserve(ada, 5_000, least=99))[1] == 99

    async def test_what_is_held_is_not_there_for_another(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(100)
        await ledger.reserve(ada, 100)
        assert (await ledger.reserve(ada, 1))[1] is None

    async def test_refuses_one_more_than_may_be_open(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(100)
        assert [(await ledger.reserve(ada, 1, open_at_most=2))[1] for _ in range(3)] == [1, 1, None]

    async def test_a_model_that_costs_nothing_holds_nothing_and_counts(self, ledger: Ledger) -> None:
        ada = await ledger.person("basic")
        await ledger.refresh(ada)
        asked = [(await ledger.reserve(ada, 0, least=0, open_at_most=2))[1] for _ in range(3)]
        assert asked == [0, 0, None]
        assert (await ledger.wallet(ada)).open_holds == 2

    async def test_refuses_who_has_no_wallet(self, ledger: Ledger) -> None:
        assert (await ledger.reserve(await ledger.person(), 0, least=0))[1] is None

    async def test_one_person_does_not_spend_anothers(self, ledger: Ledger) -> None:
        ada, ben = await ledger.person_with(100), await ledger.person_with(100)
        await ledger.reserve(ada, 100)
        assert (await ledger.reserve(ben, 100))[1] == 100


class TestKey:
    async def test_is_used_once_by_a_person(self, ledger: Ledger) -> None:
        ada, ben = await ledger.person_with(1_000), await ledger.person_with(1_000)
        call, held = await ledger.reserve(ada, key=KEY)
        assert held == 100
        assert (await ledger.reserve(ada, key=KEY))[1] is None
        assert (await ledger.reserve(ben, key=KEY))[1] == 100
        assert (await ledger.reserve(ada, key=b"l" * 32))[1] == 100
        assert (await ledger.wallet(ada)).held == 200
        query = "SELECT call_id FROM assistant_key WHERE user_id = $1 AND key_hash = $2"
        assert await ledger.value(query, ada, KEY) == call

    async def test_is_not_used_up_by_a_refusal(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(10)
        assert (await ledger.reserve(ada, 100, least=100, key=KEY))[1] is None
        assert (await ledger.reserve(ada, 10, key=KEY))[1] == 10


class TestFiftyAtOnce:
    @pytest.mark.promise("K6")
    async def test_with_credits_for_one_there_is_one(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(100)
        held = await asyncio.gather(*(ledger.reserve(ada, 100, least=100) for _ in range(FIFTY)))
        assert sorted(amount or 0 for _, amount in held) == [0] * 49 + [100]
        assert await ledger.wallet(ada) == Wallet(100, 100, 1, None, None)

    async def test_with_credits_for_some_there_are_as_many(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_030)
        held = await asyncio.gather(*(ledger.reserve(ada, 100, least=10) for _ in range(FIFTY)))
        assert sorted(amount for _, amount in held if amount) == [30] + [100] * 10

    async def test_no_more_are_open_than_may_be(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(10_000)
        held = await asyncio.gather(*(ledger.reserve(ada, 1, open_at_most=4) for _ in range(FIFTY)))
        assert [amount for _, amount in held if amount] == [1] * 4

    async def test_with_one_key_there_is_one(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(10_000)
        held = await asyncio.gather(*(ledger.reserve(ada, 1, key=KEY) for _ in range(FIFTY)))
        assert [amount for _, amount in held if amount] == [1]
        assert await ledger.value("SELECT count(*) FROM credit_hold") == 1

    async def test_whole_calls_charge_no_more_than_there_was(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(1_000)

        async def call(turn: int) -> int:
            id, held = await ledger.reserve(ada, 90, least=50)
            if held is None:
                return 0
            settled = await ledger.settle(ada, id, 40 + turn * 3)  # some take more than is held for them
            assert settled is not None
            assert settled.credits <= held
            return settled.credits

        charged = sum(await asyncio.gather(*(call(turn) for turn in range(FIFTY))))
        wallet = await ledger.wallet(ada)
        assert (wallet.posted, wallet.held, wallet.open_holds) == (1_000 - charged, 0, 0)
        assert await ledger.sum_of(ada, "user") == 1_000 - charged
        assert wallet.posted >= 0


async def test_decides_by_the_wallet_as_it_is_when_the_wait_is_over(ledger: Ledger) -> None:
    """What the statement saw at its beginning did not cover this."""
    ada = await ledger.person_with(1_000)
    call, _ = await ledger.reserve(ada, 950)
    async with ledger.wallet_in_hand(ada) as another:
        waiting = asyncio.create_task(ledger.reserve(ada, 500, least=500, open_at_most=1))
        await ledger.until_somebody_waits()
        await another.execute("DELETE FROM credit_hold WHERE id = $1", call)
        await another.execute("UPDATE credit_wallet SET held = 0, open_holds = 0 WHERE user_id = $1", ada)
    assert (await waiting)[1] == 500


async def test_is_final_when_it_returns(ledger: Ledger) -> None:
    ada = await ledger.person_with(100)
    store = ledger.database.unit_of_work()
    await ledger.reserve(ada, 40)
    await store.rollback()
    assert (await ledger.wallet(ada)).held == 40
    assert await ledger.value("SELECT created_at FROM credit_hold") == NOW
