"""Books that do not balance are found, whatever is wrong with them, and what can be made again is."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from contract_tests.credits.ledger import FEBRUARY, NOW, Ledger
from contract_tests.storage.test_plans import SQL
from persistence.credits import books
from persistence.credits.books import Difference

# What to break, and what is found then.
BREAKS = {
    "UPDATE credit_wallet SET posted = posted + 5 WHERE user_id = $1": {"balance", "lots"},
    "UPDATE credit_wallet SET held = held - 1 WHERE user_id = $1": {"held"},
    "UPDATE credit_wallet SET open_holds = open_holds + 1 WHERE user_id = $1": {"open_holds"},
    "UPDATE credit_wallet SET next_expiry = NULL WHERE user_id = $1": {"next_expiry"},
    "UPDATE credit_lot SET remaining = remaining - 1 WHERE user_id = $1 AND kind = 'paid'": {"lots"},
    "UPDATE credit_lot SET amount = amount + 1 WHERE user_id = $1": {"lot"},
    "UPDATE credit_lot SET remaining = amount WHERE user_id = $1": {"lots", "lot_remaining", "next_expiry"},
    "DELETE FROM credit_hold WHERE user_id = $1": {"held", "open_holds"},
    "DELETE FROM credit_wallet WHERE user_id = $1": {"balance", "lots", "held", "open_holds"},
    "DELETE FROM credit_entry USING credit_transaction AS t"
    " WHERE t.id = transaction_id AND t.user_id = $1 AND account = 'issued'": {"transaction"},
    "DELETE FROM credit_transaction WHERE user_id = $1 AND kind = 'spend'": {"balance", "call"},
    "DELETE FROM credit_transaction WHERE user_id = $1 AND kind = 'grant'": {"balance", "lot"},
    "INSERT INTO credit_transaction VALUES (repeat('T', 26), $1, 'grant', 'x', now())": {"transaction"},
    "UPDATE assistant_call SET credits = credits + 1 WHERE user_id = $1": {"call"},
}


async def somebody_with_a_past(ledger: Ledger) -> str:
    """Every kind of transaction, lots that are whole, begun and over, and a call under way."""
    ada = await ledger.person()
    await ledger.refresh(ada)
    await ledger.give(ada, 1_000, kind="paid")
    await ledger.give(ada, 50, kind="granted", until=NOW + timedelta(hours=1))
    for tokens in (30, 200):
        call, _ = await ledger.reserve(ada, 100)
        await ledger.settle(ada, call, tokens)
    await ledger.refresh(ada, FEBRUARY)
    call, _ = await ledger.reserve(ada, 7_000, now=FEBRUARY)
    await ledger.settle(ada, call, 6_000, now=FEBRUARY)
    await ledger.reserve(ada, 10, now=FEBRUARY)
    return ada


async def found(ledger: Ledger) -> list[Difference]:
    return list(await books.verify(ledger.database.unit_of_work()))


class TestVerify:
    @pytest.mark.promise("K6")
    async def test_finds_nothing_where_everything_balances(self, ledger: Ledger) -> None:
        await somebody_with_a_past(ledger)
        await ledger.person()
        assert await found(ledger) == []

    @pytest.mark.parametrize(("broken", "expected"), BREAKS.items(), ids=range(len(BREAKS)))
    async def test_finds_what_is_wrong(self, ledger: Ledger, broken: str, expected: set[str]) -> None:
        ada = await somebody_with_a_past(ledger)
        await somebody_with_a_past(ledger)
        await ledger.rows(broken, ada)
        differences = await found(ledger)
        assert {each.what for each in differences} == expected
        assert {each.user_id for each in differences} == {ada}
        assert all(each.recorded != each.computed or each.what == "transaction" for each in differences)
        await ledger.rows("DELETE FROM account WHERE id = $1", ada)

    def test_every_rule_is_broken_by_a_test(self) -> None:
        assert set(books.RULES) == set().union(*BREAKS.values())

    async def test_looks_at_everybody_some_at_a_time(self, ledger: Ledger) -> None:
        people = sorted([await ledger.person_with(10) for _ in range(5)])
        await ledger.rows("UPDATE credit_wallet SET posted = 9")
        store = ledger.database.unit_of_work()
        first = await books.look(store, after="", at_most=3)
        assert (first.people, first.last, len(first.differences)) == (3, people[2], 6)
        assert {(each.recorded, each.computed) for each in first.differences} == {(9, 10)}
        rest = await books.look(store, after=people[2], at_most=3)
        assert (rest.people, rest.last, len(rest.differences)) == (2, None, 4)
        assert len(await found(ledger)) == 10
        await ledger.rows("DELETE FROM account")


class TestRebuild:
    async def test_makes_the_wallet_and_its_lots_again(self, ledger: Ledger) -> None:
        ada = await somebody_with_a_past(ledger)
        before = await ledger.wallet(ada), await ledger.lots(ada)
        await ledger.rows("UPDATE credit_lot SET remaining = 0")
        await ledger.rows(
            "UPDATE credit_wallet"
            " SET posted = 7, held = 0, open_holds = 0, granted_for = NULL, next_expiry = NULL"
        )
        async with ledger.database.unit_of_work() as store:
            await books.rebuild(store, user_id=ada, now=NOW)
        assert (await ledger.wallet(ada), await ledger.lots(ada)) == before
        assert await found(ledger) == []

    async def test_makes_a_wallet_where_there_is_none(self, ledger: Ledger) -> None:
        ada = await somebody_with_a_past(ledger)
        before = await ledger.wallet(ada), await ledger.lots(ada)
        await ledger.rows("DELETE FROM credit_wallet WHERE user_id = $1", ada)
        async with ledger.database.unit_of_work() as store:
            await books.rebuild(store, user_id=ada, now=NOW)
        assert (await ledger.wallet(ada), await ledger.lots(ada)) == before
        assert await found(ledger) == []

    async def test_changes_nothing_of_somebody_else(self, ledger: Ledger) -> None:
        ada, ben = await somebody_with_a_past(ledger), await somebody_with_a_past(ledger)
        await ledger.rows("UPDATE credit_wallet SET posted = posted + 1")
        async with ledger.database.unit_of_work() as store:
            await books.rebuild(store, user_id=ada, now=NOW)
        async with ledger.database.unit_of_work() as store:
            await books.rebuild(store, user_id="Z" * 26, now=NOW)
        assert {each.user_id for each in await found(ledger)} == {ben}
        await ledger.rows("DELETE FROM account WHERE id = $1", ben)


class TestAppendOnly:
    @pytest.mark.promise("K6")
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE credit_transaction SET kind = 'refund'",
            "UPDATE credit_entry SET amount = amount + 1",
            "UPDATE credit_entry SET amount = 1 WHERE false",
            "TRUNCATE credit_entry",
            "TRUNCATE credit_transaction CASCADE",
        ],
    )
    async def test_the_database_refuses_to_change_what_is_in_the_books(
        self, ledger: Ledger, change: str
    ) -> None:
        await somebody_with_a_past(ledger)
        with pytest.raises(asyncpg.RestrictViolationError):
            await ledger.rows(change)

    def test_no_statement_of_the_program_changes_or_deletes_any(self) -> None:
        changing = [
            name
            for name, sql in SQL.items()
            for table in ("credit_transaction", "credit_entry")
            if f"UPDATE {table}" in sql or f"DELETE FROM {table}" in sql
        ]
        assert changing == []
        assert any("INSERT INTO credit_entry" in sql for sql in SQL.values())

    async def test_they_go_with_the_account(self, ledger: Ledger) -> None:
        ada = await somebody_with_a_past(ledger)
        await ledger.rows("DELETE FROM account WHERE id = $1", ada)
        assert await ledger.value("SELECT count(*) FROM credit_entry") == 0
