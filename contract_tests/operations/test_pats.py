"""A person's access tokens: made by whoever has signed in, shown once, listed, revoked."""

from __future__ import annotations

import time

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import Browser
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import bearer
from contract_tests.harness.people import Person
from contract_tests.harness.stored import everything_stored, execute
from contract_tests.operations.paging import every_page

UNKNOWN = "01KAJ3S9QWP4T0K3N5D7F9H1J3"


@pytest.fixture
def mia(admin: Administration) -> Person:
    """A person of the test's own."""
    return Person.with_password(admin, "mia")


@pytest.fixture
def browser(client: CheckedClient, mia: Person) -> Browser:
    return mia.browser(client)


def opens(client: CheckedClient, token: str) -> bool:
    return client.get("/api/v1/user", headers=bearer(token)).status_code == 200


class TestCreatePat:
    def test_gives_a_token_that_acts_for_the_person_and_is_shown_once(
        self, client: CheckedClient, browser: Browser, mia: Person, server_database: str
    ) -> None:
        answer = browser.post("/api/v1/pats", json={"name": " nightly export "})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
        made = answer.json()
        assert (made["name"], made["state"], made["expires_at"]) == ("nightly export", "usable", None)
        assert client.get("/api/v1/user", headers=bearer(made["token"])).json()["id"] == mia.id
        assert made["token"] not in everything_stored(server_database)
        listed = browser.get("/api/v1/pats").json()["items"]
        assert listed[0] == {name: value for name, value in made.items() if name != "token"}

    def test_ends_when_it_was_told_to(
        self, client: CheckedClient, browser: Browser, server_database: str
    ) -> None:
        made = browser.post("/api/v1/pats", json={"name": "x", "expires_in_s": 3600}).json()
        assert made["expires_at"] == made["created_at"] + 3600
        assert abs(made["created_at"] - time.time()) < 60
        execute(
            server_database,
            "UPDATE personal_access_token SET expires_at = now() WHERE id = $1",
            made["id"],
        )
        assert not opens(client, made["token"])
        (listed,) = [each for each in browser.get("/api/v1/pats").json()["items"] if each["id"] == made["id"]]
        assert listed["state"] == "expired"

    def test_a_token_makes_no_other(self, client: CheckedClient, mia: Person) -> None:
        answer = client.post("/api/v1/pats", json={"name": "x"}, headers=bearer(mia.pat))
        assert answer.status_code == 401
        assert [each["name"] for each in every_page(client, "/api/v1/pats", mia.pat)] == ["tests"]

    def test_a_page_of_another_site_makes_none(self, client: CheckedClient, browser: Browser) -> None:
        for origin in ({"Origin": "https://evil.example"}, {}):
            headers = {"Cookie": browser.headers["Cookie"], **origin}
            answer = client.post("/api/v1/pats", json={"name": "x"}, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (403, "origin_refused")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": ""},
            {"name": "a\nb"},
            {"name": "a" * 10_000},
            {"name": "\u202ex"},
            {"name": "x", "expires_in_s": 0},
            {"name": "x", "expires_in_s": 315_360_001},
            {"name": "x", "user_id": UNKNOWN},
        ],
    )
    def test_refuses_what_cannot_be_one(self, browser: Browser, body: dict[str, object]) -> None:
        assert browser.post("/api/v1/pats", json=body).status_code == 400

    def test_an_account_has_a_hundred_at_most_that_open_something(
        self, client: CheckedClient, browser: Browser, mia: Person, server_database: str
    ) -> None:
        execute(
            server_database,
            "INSERT INTO personal_access_token (token_hash, id, user_id, name, created_at) "
            "SELECT sha256(convert_to($1 || n, 'UTF8')), right($1, 20) || lpad(n::text, 6, '0'), $1, 'x', "
            "now() FROM generate_series(1, 98) AS n",
            mia.id,
        )
        last = browser.post("/api/v1/pats", json={"name": "the hundredth"})
        assert last.status_code == 201
        full = browser.post("/api/v1/pats", json={"name": "one more"})
        assert (full.status_code, full.json()["error"]) == (409, "too_many_tokens")
        assert browser.delete(f"/api/v1/pats/{last.json()['id']}").status_code == 204
        assert browser.post("/api/v1/pats", json={"name": "instead"}).status_code == 201
        assert browser.post("/api/v1/pats", json={"name": "one more"}).status_code == 409


class TestListPats:
    def test_the_newest_first_page_by_page(
        self, client: CheckedClient, browser: Browser, mia: Person
    ) -> None:
        for name in ("a", "b", "c"):
            browser.post("/api/v1/pats", json={"name": name})
        found = every_page(client, "/api/v1/pats", mia.pat, limit=2)
        assert [each["name"] for each in found] == ["c", "b", "a", "tests"]
        assert all("token" not in each for each in found)

    def test_holds_nobody_elses(self, client: CheckedClient, browser: Browser, eve: Person) -> None:
        made = browser.post("/api/v1/pats", json={"name": "mine"}).json()
        assert made["id"] not in [each["id"] for each in every_page(client, "/api/v1/pats", eve.pat)]


class TestRevokePat:
    def test_it_opens_nothing_from_then_on(self, client: CheckedClient, browser: Browser) -> None:
        made = browser.post("/api/v1/pats", json={"name": "x"}).json()
        for _ in range(2):
            assert browser.delete(f"/api/v1/pats/{made['id']}").status_code == 204
            assert not opens(client, made["token"])
        assert made["id"] not in [each["id"] for each in browser.get("/api/v1/pats").json()["items"]]

    def test_a_token_gives_itself_up(self, client: CheckedClient, browser: Browser) -> None:
        made = browser.post("/api/v1/pats", json={"name": "x"}).json()
        path = f"/api/v1/pats/{made['id']}"
        assert client.delete(path, headers=bearer(made["token"])).status_code == 204
        assert client.delete(path, headers=bearer(made["token"])).status_code == 401

    def test_nobody_elses(self, client: CheckedClient, browser: Browser, eve: Person) -> None:
        made = browser.post("/api/v1/pats", json={"name": "x"}).json()
        told = [client.delete(f"/api/v1/pats/{id}", headers=bearer(eve.pat)) for id in (made["id"], UNKNOWN)]
        assert [(each.status_code, each.json()["error"]) for each in told] == [(404, "unknown_token")] * 2
        assert opens(client, made["token"])
