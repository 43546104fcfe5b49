"""Whatever happens to people's credits, in any order: the books balance after every step, nothing is ever
below zero, and what is stored is what its history makes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from contract_tests.credits.ledger import A_MONTH, NOW, Ledger
from contract_tests.storage.cluster import SharedCluster
from persistence.credits import books
from persistence.credits.giving import LotKind
from persistence.credits.settling import Settled
from persistence.database import Database

EXAMPLES, STEPS = 40, 30

_Result = TypeVar("_Result")
WHO = st.sampled_from([0, 1])
FEW = st.integers(1, 300)
ANY = st.one_of(FEW, st.integers(1, 2 * A_MONTH))
PLANS = st.sampled_from(["basic", "individual", "team"])
LATER = st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(minutes=10), timedelta(days=9)])


class World:
    """The loop, the pool and the books that all examples share."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self.ledger = Ledger(url, self.run(Database.connect(url, pool_size=2)))

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self.ledger.database.close())
        self._runner.close()


class Anything(RuleBasedStateMachine):
    """Two people, a clock that only goes forward, and calls in any state."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.run = self.world.run
        self.ledger = self.world.ledger
        self.now: datetime = NOW
        self.calls: list[tuple[str, str, int]] = []
        self.open: set[str] = set()
        self.people: list[str] = []

    @initialize(plans=st.tuples(PLANS, PLANS))
    def two_people(self, plans: tuple[str, str]) -> None:
        self.run(self.ledger.rows("DELETE FROM account"))
        self.people = [self.run(self.ledger.person(plan)) for plan in plans]
        for each in self.people:
            self.run(self.ledger.refresh(each, self.now))

    @rule(by=LATER)
    def time_passes(self, by: timedelta) -> None:
        self.now += by

    @rule(who=WHO)
    def looks(self, who: int) -> None:
        self.run(self.ledger.refresh(self.people[who], self.now))
        wallet = self.run(self.ledger.wallet(self.people[who]))
        pinned = "SELECT count(*) FROM credit_lot WHERE user_id = $1 AND remaining > 0 AND expires_at <= $2"
        if not wallet.open_holds:
            assert self.run(self.ledger.value(pinned, self.people[who], self.now)) == 0

    @rule(who=WHO, amount=ANY, paid=st.booleans(), lasts=st.one_of(st.none(), LATER))
    def is_given(self, who: int, amount: int, paid: bool, lasts: timedelta | None) -> None:
        until = self.now + lasts if lasts is not None else None
        kind: LotKind = "paid" if paid else "granted"
        self.run(self.ledger.give(self.people[who], amount, kind=kind, until=until, now=self.now))

    @rule(who=WHO, plan=PLANS)
    def changes_the_plan(self, who: int, plan: str) -> None:
        self.run(self.ledger.put_on(self.people[who], plan))

    @rule(who=WHO, wanted=st.one_of(st.just(0), ANY), at_most=ANY, token_credit=st.integers(1, 5))
    def calls_the_assistant(self, who: int, wanted: int, at_most: int, token_credit: int) -> None:
        user_id = self.people[who]
        before = self.run(self.ledger.wallet(user_id))
        call, held = self.run(
            self.ledger.reserve(
                user_id,
                wanted,
                at_most=at_most,
                least=min(wanted, 10),
                token_credit=token_credit,
                open_at_most=4,
                now=self.now,
            )
        )
        buys = min(wanted, at_most, before.posted - before.held)
        refused = buys < min(wanted, 10) or before.open_holds >= 4
        assert held == (None if refused else buys)
        if held is not None:
            self.calls.append((user_id, call, token_credit))
            self.open.add(call)

    @rule(which=st.integers(0, 100), tokens=st.one_of(FEW, st.integers(0, A_MONTH)), charge=st.booleans())
    def a_call_ends(self, which: int, tokens: int, charge: bool) -> None:
        """Any call, also one that has ended before."""
        if not self.calls:
            return
        user_id, call, token_credit = self.calls[which % len(self.calls)]
        held = self.run(self.ledger.rows("SELECT amount FROM credit_hold WHERE id = $1", call))
        before = self.run(self.ledger.wallet(user_id))
        settled = self.run(self.ledger.settle(user_id, call, tokens, charge=charge, now=self.now))
        if call not in self.open:
            assert settled is None
            return
        self.open.remove(call)
        cost = tokens * token_credit if charge else 0
        charged = min(cost, held[0]["amount"])
        assert settled == Settled(charged, cost - charged, before.posted - charged)

    @rule()
    def a_server_was_missed(self) -> None:
        overdue = self.run(self.ledger.rows("SELECT id FROM credit_hold WHERE expires_at <= $1", self.now))
        assert self.run(self.ledger.sweep(self.now)) == len(overdue)
        self.open -= {each["id"] for each in overdue}

    @invariant()
    def the_books_balance(self) -> None:
        if not self.people:
            return
        assert self.run(self.ledger.faults()) == []
        assert self.run(books.verify(self.ledger.database.unit_of_work())) == []
        for user_id in self.people:
            wallet = self.run(self.ledger.wallet(user_id))
            assert wallet.posted >= wallet.held >= 0
            mine = {call for caller, call, _ in self.calls if caller == user_id}
            assert wallet.open_holds == len(mine & self.open)

    @invariant()
    def what_is_stored_is_what_its_history_makes(self) -> None:
        for user_id in self.people:
            before = self.run(self.ledger.wallet(user_id)), self.run(self.ledger.lots(user_id))
            self.run(self.rebuild(user_id))
            assert (self.run(self.ledger.wallet(user_id)), self.run(self.ledger.lots(user_id))) == before

    async def rebuild(self, user_id: str) -> None:
        async with self.ledger.database.unit_of_work() as store:
            await books.rebuild(store, user_id=user_id, now=self.now)


@pytest.fixture(autouse=True)
def _world(cluster: SharedCluster, migrated: str) -> Iterator[None]:
    Anything.world = World(cluster.create_database("anything", like=migrated))
    yield
    Anything.world.close()


@pytest.mark.promise("K6")
@pytest.mark.timeout(300)
def test_anything_in_any_order_leaves_books_that_balance() -> None:
    run_state_machine_as_test(
        Anything,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
