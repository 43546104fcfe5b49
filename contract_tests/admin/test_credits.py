"""`credits …`: what the operator gives, sees, and holds against the books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from contract_tests.admin.conftest import Somebody
from contract_tests.admin.typed import Desk
from contract_tests.harness.stored import execute, rows
from contract_tests.storage.cluster import SharedCluster

A_MONTH = 500_000


class TestCreditsGrant:
    @pytest.mark.promise("K6")
    def test_gives_them_for_good_or_until_a_day(self, desk: Desk, somebody: Somebody) -> None:
        paid = desk.run("credits", "grant", "--user", somebody.email, "--credits", "900", "--paid")
        assert paid == {
            "id": somebody.id,
            "credits": 900,
            "kind": "paid",
            "until": None,
            "given": True,
            "balance": 900,
        }
        day = (datetime.now(UTC) + timedelta(days=30)).date()
        given = desk.run("credits", "grant", "--user", somebody.email, "--credits", "50", "--until", str(day))
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        assert (given["kind"], given["balance"]) == ("granted", 950)
        assert given["until"] == end.strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = desk.run("credits", "show", "--user", somebody.email)
        assert shown["next_expiry"] == {"at": given["until"], "credits": 50}

    def test_gives_them_once_for_a_key(
        self, desk: Desk, new_user: Callable[[], Somebody], somebody: Somebody
    ) -> None:
        key = f"invoice-{somebody.username}"
        order = ["credits", "grant", "--user", somebody.email, "--credits", "900", "--paid", "--key", key]
        assert desk.run(*order)["given"]
        again = desk.run(*order)
        assert (again["given"], again["balance"]) == (False, 900)
        assert "had been given before" in desk.attempt(*order).stdout
        told = "This key was used for another grant."
        assert desk.refusal(*order[:4], "--credits", "901", "--paid", "--key", key) == told
        order[3] = new_user().email
        assert desk.refusal(*order) == told

    @pytest.mark.parametrize("amount", ["0", "-5", "1.5", "many", "1000000000001"])
    def test_refuses_what_is_no_amount(self, desk: Desk, somebody: Somebody, amount: str) -> None:
        desk.misuse("credits", "grant", "--user", somebody.email, "--credits", amount)
        assert desk.run("credits", "show", "--user", somebody.email)["balance"] == 0

    def test_refuses_a_day_that_is_past(self, desk: Desk, somebody: Somebody) -> None:
        told = desk.refusal(
            *("credits", "grant", "--user", somebody.email, "--credits", "5", "--until", "2020-01-01")
        )
        assert told == "That is past: credits expire in the future, or not at all."

    @pytest.mark.parametrize("key", ["", "a b", "é", "k" * 65])
    def test_refuses_what_is_no_key(self, desk: Desk, somebody: Somebody, key: str) -> None:
        desk.misuse("credits", "grant", "--user", somebody.email, "--credits", "5", "--key", key)

    def test_gives_nobody_nothing(self, desk: Desk) -> None:
        assert desk.refusal("credits", "grant", "--user", "nobody@example.org", "--credits", "5")


class TestCreditsShow:
    def test_tells_it_to_people_too(self, desk: Desk, somebody: Somebody) -> None:
        desk.run("subscription", "grant", "--user", somebody.email, "--plan", "team")
        said = desk.attempt("credits", "show", "--user", somebody.email).stdout
        assert said.startswith(
            f"The account {somebody.id} has {A_MONTH} credits, of which 0 are set aside. {A_MONTH} come at "
        )
        assert f"{A_MONTH} expire at " in said


@pytest.fixture(scope="module")
def own(cluster: SharedCluster, migrated: str) -> Desk:
    """The command line on a database of these tests' own."""
    return Desk(cluster.create_database("credits", like=migrated))


class TestCreditsVerify:
    @pytest.mark.promise("K6")
    def test_says_whose_books_do_not_balance_and_ends_with_1(self, own: Desk) -> None:
        assert own.run("credits", "verify") == {"accounts": 0, "differences": []}
        made = own.run(
            *("user", "create", "--email", "ada@example.org", "--username", "ada", "--name", "Ada")
        )
        own.run("credits", "grant", "--user", "ada", "--credits", "5")
        assert own.attempt("credits", "verify").stdout == "The books of 1 accounts balance.\n"
        execute(own.database_url, "UPDATE credit_wallet SET posted = 7")
        ended = own.attempt("credits", "verify")
        assert (ended.code, ended.stderr) == (1, "")
        assert ended.stdout.splitlines() == [
            f"{made['id']}: balance is 7, and should be 5.",
            f"{made['id']}: lots is 7, and should be 5.",
        ]
        assert "The books of 1 accounts do not balance: balance, lots." in own.attempt("doctor").stdout
        as_json = own.attempt("credits", "verify", "--json")
        assert as_json.code == 1
        assert '"what": "balance", "recorded": 7, "computed": 5' in as_json.stdout
        execute(own.database_url, "UPDATE credit_wallet SET posted = 5")
        assert own.attempt("credits", "verify").code == 0

    def test_changes_nothing(self, own: Desk) -> None:
        before = rows(own.database_url, "SELECT xmin::text AS row FROM credit_wallet")
        own.run("credits", "verify")
        assert rows(own.database_url, "SELECT xmin::text AS row FROM credit_wallet") == before


class TestCreditsRebuild:
    @pytest.mark.promise("K6")
    def test_makes_again_what_follows_from_the_ledger(self, desk: Desk, somebody: Somebody) -> None:
        order = ["credits", "rebuild", "--user", somebody.email]
        desk.run("credits", "grant", "--user", somebody.email, "--credits", "5")
        assert desk.attempt(*order).stdout == (
            f"The balance of the account {somebody.id} was made again; its books had balanced before.\n"
        )
        execute(desk.database_url, "UPDATE credit_wallet SET posted = 7 WHERE user_id = $1", somebody.id)
        assert desk.run(*order) == {
            "id": somebody.id,
            "before": [
                {"id": somebody.id, "what": "balance", "recorded": 7, "computed": 5},
                {"id": somebody.id, "what": "lots", "recorded": 7, "computed": 5},
            ],
            "left": [],
        }
        assert desk.run("credits", "show", "--user", somebody.email)["balance"] == 5
        execute(desk.database_url, "DELETE FROM credit_wallet WHERE user_id = $1", somebody.id)
        assert desk.attempt(*order).stdout == (
            f"The balance of the account {somebody.id} was made again, and its books balance.\n"
        )
        assert desk.run("credits", "show", "--user", somebody.email)["balance"] == 5

    def test_says_when_the_ledger_itself_is_wrong(self, own: Desk) -> None:
        made = own.run(
            *("user", "create", "--email", "eve@example.org", "--username", "eve", "--name", "Eve")
        )
        own.run("credits", "grant", "--user", "eve", "--credits", "5")
        execute(own.database_url, "UPDATE credit_lot SET amount = 6 WHERE user_id = $1", made["id"])
        ended = own.attempt("credits", "rebuild", "--user", "eve")
        assert (ended.code, ended.stderr) == (1, "")
        assert ended.stdout.splitlines()[-1] == (
            f"The balance of the account {made['id']} was made again, but its books still do not balance:"
            " the ledger itself is wrong."
        )
        execute(own.database_url, "DELETE FROM account WHERE id = $1", made["id"])

    def test_refuses_who_is_nobody(self, desk: Desk) -> None:
        assert desk.refusal("credits", "rebuild", "--user", "nobody@example.org")
