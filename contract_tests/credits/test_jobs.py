"""What the server does for the books by itself, and how loudly it says that they do not balance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.gateways.randomness import SystemRandomness
from api.jobs.credits import BooksDoNotBalance, ExpireCredits, ReleaseHolds, VerifyBooks
from api.jobs.job import Outcome
from api.jobs.metrics import JobMetrics
from api.logs import Logs
from contract_tests.conftest import StartServer
from contract_tests.credits.ledger import CALL_TAKES, NOW, Ledger, Wallet
from contract_tests.harness.administration import Administration
from contract_tests.harness.schedule import scheduled
from contract_tests.harness.stored import execute, rows
from contract_tests.jobs.working import LogStream, counted
from contract_tests.serve.test_stop import eventually, has_logged
from contract_tests.storage.cluster import SharedCluster

LATE = NOW + CALL_TAKES
TOMORROW = NOW + timedelta(days=1)
IDLE = Outcome(0, more=False, idle=True)
OF_BEN, OF_CLEO = (f"FROM account WHERE username = '{name}'" for name in ("ben", "cleo"))
WALLETS = (
    "SELECT posted, held, open_holds FROM credit_wallet"
    " JOIN account ON account.id = user_id ORDER BY username"
)


def test_they_are_in_the_schedule() -> None:
    jobs = scheduled()
    assert jobs["release_holds"].every == timedelta(minutes=1)
    assert jobs["expire_credits"].every == timedelta(hours=1)
    assert jobs["verify_books"].every == timedelta(days=1)


class TestReleaseHolds:
    async def test_gives_back_in_steps_what_is_overdue(self, ledger: Ledger) -> None:
        ada = await ledger.person_with(100)
        for _ in range(5):
            await ledger.reserve(ada, 10)
        release = ReleaseHolds(at_once=2, steps_per_run=2)
        assert await release(ledger.database, LATE - timedelta(seconds=1)) == IDLE
        assert await release(ledger.database, LATE) == Outcome(4, more=True)
        assert await release(ledger.database, LATE) == Outcome(1, more=False)
        assert await release(ledger.database, LATE) == IDLE
        assert await ledger.wallet(ada) == Wallet(100, 0, 0, None, None)


class TestExpireCredits:
    async def test_takes_what_is_over_of_everybody_and_gives_nothing(self, ledger: Ledger) -> None:
        people = [await ledger.person() for _ in range(5)]
        for each in people:
            await ledger.give(each, 10, until=TOMORROW)
            await ledger.give(each, 1)
        expire = ExpireCredits(randomness=SystemRandomness(), at_once=2, steps_per_run=2)
        assert await expire(ledger.database, TOMORROW - timedelta(seconds=1)) == IDLE
        assert await expire(ledger.database, TOMORROW) == Outcome(0, more=True)
        assert [(await ledger.wallet(each)).posted for each in people] == [1, 1, 1, 1, 11]
        assert await expire(ledger.database, TOMORROW) == Outcome(0, more=False)
        assert [await ledger.wallet(each) for each in people] == [Wallet(1, 0, 0, None, None)] * 5
        assert await expire(ledger.database, TOMORROW) == IDLE

    async def test_passes_what_calls_hold_and_comes_back_for_it(self, ledger: Ledger) -> None:
        ada, ben = [await ledger.person_with(10, until=TOMORROW) for _ in range(2)]
        call, _ = await ledger.reserve(ada, 6)
        expire = ExpireCredits(randomness=SystemRandomness(), at_once=1)
        assert await expire(ledger.database, TOMORROW) == Outcome(0, more=False)
        assert [(await ledger.wallet(each)).posted for each in (ada, ben)] == [6, 0]
        await ledger.settle(ada, call, 4)
        await expire(ledger.database, TOMORROW)
        assert (await ledger.wallet(ada)).posted == 0


class TestVerifyBooks:
    @pytest.mark.promise("K6")
    async def test_fails_and_tells_by_which_rules_on_any_difference(self, ledger: Ledger) -> None:
        log, metrics = LogStream(), JobMetrics()
        verify = VerifyBooks(logs=Logs(log), metrics=metrics, at_once=2)
        people = [await ledger.person_with(10) for _ in range(5)]
        assert await verify(ledger.database, NOW) == IDLE
        assert counted(metrics)['candor_credit_differences{what="balance"}'] == 0
        await ledger.rows("UPDATE credit_wallet SET posted = 9 WHERE user_id <> $1", people[0])
        with pytest.raises(BooksDoNotBalance):
            await verify(ledger.database, NOW)
        told = {event["what"]: event["differences"] for event in log.events}
        assert told == {"balance": 4, "lots": 4}
        assert {event["event"] for event in log.events} == {"credits_differ"}
        assert counted(metrics)['candor_credit_differences{what="balance"}'] == 4
        await ledger.rows("UPDATE credit_wallet SET posted = 10")
        assert await verify(ledger.database, NOW) == IDLE
        assert counted(metrics)['candor_credit_differences{what="balance"}'] == 0


def test_a_server_does_them_by_itself(
    cluster: SharedCluster, migrated: str, start_server: StartServer
) -> None:
    url = cluster.create_database("jobs", like=migrated)
    admin = Administration(url)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    for name, until in (("ada", ["--until", "2099-12-31"]), ("ben", []), ("cleo", [])):
        admin.run("user", "create", "--email", f"{name}@example.org", "--username", name, "--name", name)
        admin.run("credits", "grant", "--user", name, "--credits", "10", *until)
    # Ada's are over, a server died under a call of Ben's, and Cleo's do not balance.
    execute(url, "UPDATE credit_lot SET expires_at = $1 WHERE expires_at IS NOT NULL", long_ago)
    execute(url, "UPDATE credit_wallet SET next_expiry = $1 WHERE next_expiry IS NOT NULL", long_ago)
    execute(url, f"INSERT INTO credit_hold SELECT id, id, 'demo', 1, 3, $1, $1 {OF_BEN}", long_ago)
    execute(url, f"UPDATE credit_wallet SET held = 3, open_holds = 1 WHERE user_id = (SELECT id {OF_BEN})")
    execute(url, f"UPDATE credit_wallet SET held = 1 WHERE user_id = (SELECT id {OF_CLEO})")
    server = start_server(database_url=url)
    eventually(has_logged(server, "job_failed"), "the books were looked at")
    failed = [each for each in server.events if each["event"] == "job_failed"]
    assert {(each["job"], each["exception"]) for each in failed} == {("verify_books", "BooksDoNotBalance")}
    told = [each for each in server.events if each["event"] == "credits_differ"]
    assert {(each["what"], each["differences"]) for each in told} == {("held", 1)}
    assert 'candor_credit_differences{what="held"} 1.0' in httpx.get(f"{server.private_url}/metrics").text
    eventually(
        lambda: [tuple(each.values()) for each in rows(url, WALLETS)] == [(0, 0, 0), (10, 0, 0), (10, 1, 0)],
        "what is overdue is given back, and what is over is gone",
    )
    assert rows(url, "SELECT error_code FROM assistant_call") == [{"error_code": "interrupted"}]
    assert server.stop() == 0
