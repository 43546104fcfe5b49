"""`subscription …`: a plan is granted, for good or until a day, is seen wherever a plan is told, and ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract_tests.admin.typed import Desk
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, Tokens
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute, rows

FEATURES = {
    "basic": [],
    "individual": ["feature:assistant", "feature:unlimited_projects"],
    "team": ["feature:assistant", "feature:shared_workspaces", "feature:unlimited_projects"],
    "enterprise": [
        "feature:assistant",
        "feature:audit_log",
        "feature:shared_workspaces",
        "feature:unlimited_projects",
    ],
}


@pytest.fixture
def mia(admin: Administration) -> Person:
    """A person of the test's own, who can sign in."""
    return Person.with_password(admin, "mia")


@pytest.fixture
def signed_in(client: CheckedClient, mia: Person) -> Tokens:
    """Mia on an instance of hers."""
    return Instance.register(client, key=mia.key).sign_in(mia.pat)


def on_instance(client: CheckedClient, tokens: Tokens) -> tuple[str, list[str]]:
    told = client.get("/instance/user/profile", headers=tokens.bearer).json()["subscription"]
    return told["plan"]["name"], [each["name"] for each in told["entitlements"]]


def in_browser(client: CheckedClient, mia: Person) -> Mapping[str, Any]:
    found: Mapping[str, Any] = mia.browser(client).get("/api/v1/account").json()
    return found


class TestSubscriptionGrant:
    @pytest.mark.promise("C7")
    @pytest.mark.parametrize("plan", ["individual", "team", "enterprise"])
    def test_is_seen_at_once_by_whoever_is_signed_in(
        self, desk: Desk, client: CheckedClient, mia: Person, signed_in: Tokens, plan: str
    ) -> None:
        assert on_instance(client, signed_in) == ("basic", [])
        told = desk.run("subscription", "grant", "--user", mia.email, "--plan", plan)
        assert told == {"id": mia.id, "plan": plan, "until": None, "entitlements": FEATURES[plan]}
        assert on_instance(client, signed_in) == (plan, FEATURES[plan])
        account = in_browser(client, mia)
        assert (account["plan"], account["plan_until"]) == (plan, None)
        assert account["entitlements"] == FEATURES[plan]

    @pytest.mark.promise("C7")
    def test_is_over_by_itself_after_its_last_day(
        self, desk: Desk, client: CheckedClient, mia: Person, signed_in: Tokens
    ) -> None:
        day = (datetime.now(UTC) + timedelta(days=30)).date()
        told = desk.run("subscription", "grant", "--user", mia.email, "--plan", "team", "--until", str(day))
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        assert told["until"] == end.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert in_browser(client, mia)["plan_until"] == int(end.timestamp())
        assert on_instance(client, signed_in) == ("team", FEATURES["team"])
        execute(desk.database_url, "UPDATE account SET plan_until = now() WHERE id = $1", mia.id)
        assert on_instance(client, signed_in) == ("basic", [])
        account = in_browser(client, mia)
        assert (account["plan"], account["plan_until"], account["entitlements"]) == ("basic", None, [])
        assert desk.run("subscription", "show", "--user", mia.email)["plan"] == "basic"
        (listed,) = [
            each for each in desk.run("user", "list", "--limit", "10000")["users"] if each["id"] == mia.id
        ]
        assert listed["plan"] == "basic"

    def test_takes_the_place_of_the_one_before(self, desk: Desk, mia: Person) -> None:
        grant = ["subscription", "grant", "--user", mia.email, "--plan"]
        desk.run(*grant, "enterprise", "--until", "2099-12-31")
        assert desk.run(*grant, "individual") == {
            "id": mia.id,
            "plan": "individual",
            "until": None,
            "entitlements": FEATURES["individual"],
        }

    @pytest.mark.parametrize("plan", ["basic", "gold", "", "Individual"])
    def test_refuses_what_cannot_be_granted(self, desk: Desk, mia: Person, plan: str) -> None:
        said = desk.refusal("subscription", "grant", "--user", mia.email, "--plan", plan)
        assert said == "No plan that can be granted has this name."

    @pytest.mark.parametrize("day", ["2020-01-01", "yesterday", "2027-02-30", "9999-12-31", ""])
    def test_refuses_what_is_no_day_to_come(self, desk: Desk, mia: Person, day: str) -> None:
        ended = desk.attempt("subscription", "grant", "--user", mia.email, "--plan", "team", "--until", day)
        assert ended.code in (1, 2)
        assert "defect" not in ended.stderr
        assert desk.run("subscription", "show", "--user", mia.email)["plan"] == "basic"


class TestSubscriptionEnd:
    def test_is_at_once(self, desk: Desk, client: CheckedClient, mia: Person, signed_in: Tokens) -> None:
        desk.run("subscription", "grant", "--user", mia.email, "--plan", "team", "--until", "2099-12-31")
        ended = desk.run("subscription", "end", "--user", mia.email)
        assert ended == {"id": mia.id, "plan": "basic", "until": None, "entitlements": []}
        assert on_instance(client, signed_in) == ("basic", [])
        (row,) = rows(desk.database_url, "SELECT plan, plan_until FROM account WHERE id = $1", mia.id)
        assert (row["plan"], row["plan_until"]) == ("basic", None)

    def test_there_must_be_something_to_end(self, desk: Desk, mia: Person) -> None:
        told = "This account is on basic already."
        assert desk.refusal("subscription", "end", "--user", mia.email) == told


def test_what_each_plan_switches_on_is_data(desk: Desk) -> None:
    found = rows(
        desk.database_url,
        "SELECT plan.name, array_remove(array_agg(entitlement ORDER BY entitlement), NULL) AS features "
        "FROM plan LEFT JOIN plan_entitlement ON plan = name GROUP BY name",
    )
    assert {each["name"]: each["features"] for each in found} == FEATURES


def test_show_tells_it_to_people_too(desk: Desk, mia: Person) -> None:
    desk.run("subscription", "grant", "--user", mia.email, "--plan", "individual", "--until", "2099-12-31")
    said = desk.attempt("subscription", "show", "--user", mia.email).stdout
    assert said == (
        f"The account {mia.id} is on individual until 2100-01-01T00:00:00Z; it switches on:"
        " feature:assistant, feature:unlimited_projects.\n"
    )
