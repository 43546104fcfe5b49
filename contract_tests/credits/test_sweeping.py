"""Calls whose server died: what they held comes back, and nobody is charged."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contract_tests.credits.ledger import CALL_TAKES, NOW, Ledger, Wallet

A_MOMENT = timedelta(microseconds=1)


@pytest.mark.promise("K6")
async def test_gives_back_what_is_past_its_time(ledger: Ledger) -> None:
    ada = await ledger.person_with(1_000)
    call, _ = await ledger.reserve(ada, 400)
    assert await ledger.sweep(NOW + CALL_TAKES - A_MOMENT) == 0
    assert await ledger.sweep(NOW + CALL_TAKES) == 1
    assert await ledger.sweep(NOW + CALL_TAKES) == 0
    assert await ledger.wallet(ada) == Wallet(1_000, 0, 0, None, None)
    (row,) = await ledger.rows("SELECT id, credits, absorbed, error_code, created_at FROM assistant_call")
    assert row == {
        "id": call,
        "credits": 0,
        "absorbed": 0,
        "error_code": "interrupted",
        "created_at": NOW + CALL_TAKES,
    }


async def test_leaves_a_settlement_that_comes_too_late_nothing_to_do(ledger: Ledger) -> None:
    ada = await ledger.person_with(1_000)
    call, _ = await ledger.reserve(ada, 400)
    await ledger.sweep()
    assert await ledger.settle(ada, call, 100) is None
    assert (await ledger.wallet(ada)).posted == 1_000


async def test_goes_in_steps_the_oldest_first(ledger: Ledger) -> None:
    ada, ben = await ledger.person_with(1_000), await ledger.person_with(1_000)
    for turn in range(4):
        await ledger.reserve(ada if turn % 2 else ben, 10, now=NOW + timedelta(seconds=turn))
    late = NOW + CALL_TAKES + timedelta(minutes=1)
    assert await ledger.sweep(late, at_most=3) == 3
    assert (await ledger.wallet(ada)).held == 10
    assert (await ledger.wallet(ben)).held == 0
    assert await ledger.sweep(late, at_most=3) == 1


async def test_passes_over_a_wallet_that_is_in_use(ledger: Ledger) -> None:
    ada, ben = await ledger.person_with(1_000), await ledger.person_with(1_000)
    await ledger.reserve(ada, 10)
    await ledger.reserve(ben, 10)
    connection = await ledger.database.acquire()
    await connection.execute("BEGIN")
    await connection.execute("SELECT 1 FROM credit_wallet WHERE user_id = $1 FOR UPDATE", ada)
    assert await ledger.sweep() == 1
    await connection.execute("ROLLBACK")
    ledger.database.release(connection)
    assert await ledger.sweep() == 1
