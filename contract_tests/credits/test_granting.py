"""What the operator gives: once for each key, and as it was said."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from contract_tests.credits.ledger import NOW, Ledger, Wallet
from persistence.credits import granting
from persistence.credits.granting import Grant

FIFTY = 50
LATER = NOW + timedelta(days=30)


async def given(ledger: Ledger, grant: Grant, key: str | None = None) -> Grant | None:
    async with ledger.database.unit_of_work() as store:
        return await granting.grant(store, grant=grant, key=key, now=NOW, randomness=ledger.ids)


async def test_comes_as_it_was_said(ledger: Ledger) -> None:
    ada = await ledger.person("basic")
    for grant in (Grant(ada, "paid", 900, None), Grant(ada, "granted", 50, LATER)):
        assert await given(ledger, grant) is None
    assert await ledger.wallet(ada) == Wallet(950, 0, 0, None, LATER)
    assert await ledger.lots(ada) == [("paid", 900), ("granted", 50)]
    kinds = await ledger.rows("SELECT kind FROM credit_transaction ORDER BY id")
    assert [each["kind"] for each in kinds] == ["purchase", "grant"]
    assert await ledger.sum_of(ada, "issued") == -950


async def test_comes_once_for_a_key_which_tells_what_it_was_used_for(ledger: Ledger) -> None:
    ada, ben = await ledger.person("basic"), await ledger.person("basic")
    first = Grant(ada, "paid", 900, None)
    assert await given(ledger, first, "invoice-7") is None
    assert await given(ledger, first, "invoice-7") == first
    assert await given(ledger, Grant(ben, "granted", 1, LATER), "invoice-7") == first
    assert await given(ledger, first, "invoice-8") is None
    assert (await ledger.wallet(ada)).posted == 1_800
    assert await ledger.keys(ada) == ["grant:invoice-7", "grant:invoice-8"]
    assert await ledger.keys(ben) == []


async def test_without_a_key_each_is_another(ledger: Ledger) -> None:
    ada = await ledger.person("basic")
    for _ in range(2):
        await given(ledger, Grant(ada, "paid", 900, None))
    assert (await ledger.wallet(ada)).posted == 1_800


async def test_nobody_gets_nothing(ledger: Ledger) -> None:
    with pytest.raises(granting.NoAccount):
        await given(ledger, Grant("Z" * 26, "paid", 900, None))


@pytest.mark.promise("K6")
async def test_fifty_at_once_with_one_key_are_one(ledger: Ledger) -> None:
    ada = await ledger.person("basic")
    grant = Grant(ada, "paid", 900, None)
    told = await asyncio.gather(*(given(ledger, grant, "k") for _ in range(FIFTY)))
    assert (told.count(None), told.count(grant)) == (1, 49)
    assert (await ledger.wallet(ada)).posted == 900
