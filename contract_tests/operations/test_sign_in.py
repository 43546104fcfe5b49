"""Signing in with a browser, staying signed in, and signing out."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import httpx
import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import (
    FIREFOX,
    REFRESH,
    SAFARI,
    SESSION,
    Browser,
    post_sign_in,
    set_cookies,
)
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.people import PASSWORD, Person
from contract_tests.harness.stored import everything_stored, execute, rows
from contract_tests.operations.conftest import Bounds
from handlers import secret

ACCOUNT = "/api/v1/account"
SIGN_IN = f"{ACCOUNT}/sign-in"
OF_PERSON = "WHERE user_id = (SELECT id FROM account WHERE email = $1)"
NEVER_ISSUED = bytes(range(32))


@pytest.fixture(scope="module")
def person(admin: Administration) -> Person:
    return Person.with_password(admin, "ada")


@pytest.fixture
def browser(client: CheckedClient, person: Person) -> Browser:
    return person.browser(client)


def announced(database: str, person: Person) -> int:
    """How many mails about a new sign-in the person is sent."""
    queued = "SELECT count(*) AS count FROM mail WHERE to_address = $1 AND kind = 'new_sign_in'"
    (found,) = rows(database, queued, person.email)
    return int(found["count"])


def attributes(answer: httpx.Response) -> dict[str, str]:
    """What each cookie is set with, besides its value."""
    split = (line.partition("; ") for line in answer.headers.get_list("set-cookie"))
    return {cookie.partition("=")[0]: rest for cookie, _, rest in split}


class TestSignIn:
    def test_opens_the_account(self, browser: Browser, person: Person) -> None:
        assert browser.get(ACCOUNT).json()["email"] == person.email

    def test_takes_the_username_and_any_capitals_too(self, client: CheckedClient, person: Person) -> None:
        assert post_sign_in(client, person.email.upper(), PASSWORD).status_code == 200
        assert post_sign_in(client, person.email.partition("@")[0], PASSWORD).status_code == 200

    @pytest.mark.promise("K20")
    def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
        self, client: CheckedClient, person: Person
    ) -> None:
        set_with = attributes(post_sign_in(client, person.email, PASSWORD))
        assert set_with == {
            SESSION: "Path=/; Max-Age=900; HttpOnly; SameSite=Lax",
            REFRESH: f"Path={SIGN_IN}; Max-Age=2592000; HttpOnly; SameSite=Lax",
        }

    @pytest.mark.parametrize("public_url", ["https://cloud.example", "http://cloud.example"])
    def test_cookies_need_tls_where_people_come_from_elsewhere(
        self, strict: Bounds, small: Bounds, public_url: str
    ) -> None:
        (bounds,) = (each for each in (strict, small) if each.public_url == public_url)
        person = Person.with_password(bounds.admin, "ada")
        with bounds.client() as client:
            set_with = attributes(post_sign_in(client, person.email, PASSWORD))
        assert all(each.endswith("; Secure") for each in set_with.values())

    def test_wrong_names_and_wrong_passwords_get_one_answer(
        self, client: CheckedClient, person: Person
    ) -> None:
        wrong = post_sign_in(client, person.email, PASSWORD + "!")
        unknown = post_sign_in(client, f"{secrets.token_hex(8)}@example.org", PASSWORD)
        assert wrong.status_code == unknown.status_code == 401
        assert _without_request_id(wrong) == _without_request_id(unknown)
        assert "set-cookie" not in wrong.headers

    def test_nobody_signs_in_without_a_password_of_their_own(
        self, client: CheckedClient, admin: Administration
    ) -> None:
        person = Person.create(admin, "ada")
        assert post_sign_in(client, person.email, PASSWORD).status_code == 401

    def test_a_disabled_account_is_told_so_to_who_knows_the_password(
        self, client: CheckedClient, admin: Administration
    ) -> None:
        person = Person.with_password(admin, "ada")
        browser = person.browser(client)
        admin.run("user", "disable", "--user", person.email)
        refused = post_sign_in(client, person.email, PASSWORD)
        assert (refused.status_code, refused.json()["error"]) == (403, "account_disabled")
        assert post_sign_in(client, person.email, "something else entirely").status_code == 401
        assert browser.get(ACCOUNT).status_code == 401

    def test_a_page_of_another_site_signs_nobody_in(self, client: CheckedClient, person: Person) -> None:
        body = {"login": person.email, "password": PASSWORD}
        for origin in ("https://evil.example", "null", f"{client.base_url}".rstrip("/") + ".evil.example"):
            refused = client.post(SIGN_IN, json=body, headers={"Origin": origin})
            assert (refused.status_code, refused.json()["error"]) == (403, "origin_refused")
        assert client.post(SIGN_IN, json=body).status_code == 200, "A client that is no browser sends none."

    def test_each_is_a_new_one_whatever_cookies_came_along(
        self, client: CheckedClient, person: Person, browser: Browser
    ) -> None:
        """A session that somebody else planted is not signed in (session fixation)."""
        answer = client.post(
            SIGN_IN, json={"login": person.email, "password": PASSWORD}, headers=browser.refresh_headers
        )
        assert set_cookies(answer)[SESSION] != browser.session

    def test_secrets_are_stored_as_digests_alone(self, server_database: str, browser: Browser) -> None:
        stored = everything_stored(server_database)
        assert browser.session not in stored
        assert browser.refresh not in stored
        assert browser.renewed().refresh not in everything_stored(server_database)

    @pytest.mark.promise("K9")
    def test_a_new_kind_of_browser_is_mailed(
        self, client: CheckedClient, admin: Administration, server_database: str
    ) -> None:
        person = Person.with_password(admin, "ada")
        for user_agent in (FIREFOX, FIREFOX, SAFARI, SAFARI):
            Browser.sign_in(client, person.email, PASSWORD, user_agent=user_agent)
        assert announced(server_database, person) == 1

    @pytest.mark.promise("K9")
    @pytest.mark.parametrize(
        ("lately", "mails"),
        [("127.0.200.9", 0), ("127.1.0.1", 1), ("203.0.113.9", 1), ("2001:db8::7f00:1", 1)],
    )
    def test_a_new_network_is_mailed(
        self, client: CheckedClient, admin: Administration, server_database: str, lately: str, mails: int
    ) -> None:
        person = Person.with_password(admin, "ada")
        Browser.sign_in(client, person.email, PASSWORD)
        execute(server_database, f"UPDATE sign_in SET ip = $2 {OF_PERSON}", person.email, ip_address(lately))
        Browser.sign_in(client, person.email, PASSWORD)
        assert announced(server_database, person) == mails

    @pytest.mark.promise("K9")
    def test_the_first_in_a_long_while_is_mailed(
        self, client: CheckedClient, admin: Administration, server_database: str
    ) -> None:
        person = Person.with_password(admin, "ada")
        aged = "UPDATE account SET created_at = created_at - interval '90 days' WHERE email = $1"
        execute(server_database, aged, person.email)
        Browser.sign_in(client, person.email, PASSWORD)
        assert announced(server_database, person) == 1


class TestRefreshSignIn:
    @pytest.mark.promise("K20")
    def test_gives_new_cookies_and_the_old_session_lasts_its_time(self, browser: Browser) -> None:
        renewed = browser.renewed()
        assert (renewed.session, renewed.refresh) != (browser.session, browser.refresh)
        assert renewed.get(ACCOUNT).status_code == browser.get(ACCOUNT).status_code == 200

    def test_a_retry_gets_the_same_successor(self, browser: Browser) -> None:
        first, second = browser.renewed(), browser.renewed()
        assert (first.session, first.refresh) == (second.session, second.refresh)

    @pytest.mark.promise("K20")
    def test_a_cookie_that_comes_back_after_its_successor_was_used_ends_the_sign_in(
        self, browser: Browser
    ) -> None:
        latest = browser.renewed().renewed()
        assert browser.ask_renewal().status_code == 401
        assert latest.get(ACCOUNT).status_code == latest.ask_renewal().status_code == 401

    @pytest.mark.promise("K20")
    def test_a_cookie_that_comes_back_late_ends_the_sign_in(
        self, browser: Browser, server_database: str
    ) -> None:
        renewed = browser.renewed()
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        execute(
            server_database,
            "UPDATE sign_in_token SET consumed_at = $1 WHERE refresh_hash = $2",
            long_ago,
            secret.digest(browser.refresh),
        )
        assert browser.ask_renewal().status_code == 401
        assert renewed.get(ACCOUNT).status_code == 401

    def test_an_unknown_cookie_is_refused(self, client: CheckedClient, browser: Browser) -> None:
        unknown = secret.compose(secret.SIGN_IN_REFRESH, NEVER_ISSUED)
        assert Browser(client, browser.session, unknown).ask_renewal().status_code == 401

    def test_the_other_cookie_does_not_do(self, client: CheckedClient, browser: Browser) -> None:
        assert Browser(client, browser.refresh, browser.session).ask_renewal().status_code == 401


class TestSignOut:
    def test_ends_the_sign_in_and_takes_the_cookies_back(self, browser: Browser) -> None:
        other = browser.renewed()
        answer = browser.post(f"{SIGN_IN}/end")
        assert answer.status_code == 204
        assert all("Max-Age=0" in each for each in attributes(answer).values())
        assert set_cookies(answer) == {SESSION: "", REFRESH: ""}
        for ended in (browser, other):
            assert ended.get(ACCOUNT).status_code == ended.ask_renewal().status_code == 401

    def test_works_when_only_the_renewing_cookie_is_left(
        self, client: CheckedClient, browser: Browser
    ) -> None:
        left = {"Cookie": f"{SESSION}=x; {REFRESH}={browser.refresh}", "Origin": browser.origin}
        assert client.post(f"{SIGN_IN}/end", headers=left).status_code == 204
        assert browser.get(ACCOUNT).status_code == 401

    def test_a_page_of_another_site_signs_nobody_out(self, client: CheckedClient, browser: Browser) -> None:
        for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
            headers = {"Cookie": browser.headers["Cookie"], **origin}
            refused = client.post(f"{SIGN_IN}/end", headers=headers)
            assert (refused.status_code, refused.json()["error"]) == (403, "origin_refused")
        assert browser.get(ACCOUNT).status_code == 200


class TestGetAccount:
    def test_says_who_is_signed_in(self, browser: Browser, person: Person) -> None:
        answer = browser.get(ACCOUNT)
        assert answer.json()["id"] == person.id
        assert answer.json()["plan"] == "basic"

    def test_reading_needs_no_origin(self, client: CheckedClient, browser: Browser) -> None:
        assert client.get(ACCOUNT, headers={"Cookie": browser.headers["Cookie"]}).status_code == 200


class TestListSignIns:
    def test_lists_what_is_signed_in_now_and_which_one_asks(
        self, client: CheckedClient, admin: Administration
    ) -> None:
        person = Person.with_password(admin, "ada")
        first = person.browser(client)
        second = Browser.sign_in(client, person.email, PASSWORD, user_agent=SAFARI)
        listed = second.get(f"{ACCOUNT}/sign-ins").json()
        assert [(each["browser"], each["platform"], each["current"]) for each in listed] == [
            ("safari", "macos", True),
            ("firefox", "linux", False),
        ]
        assert {each["ip"] for each in listed} == {"127.0.0.1"}
        first.post(f"{SIGN_IN}/end")
        assert [each["browser"] for each in second.get(f"{ACCOUNT}/sign-ins").json()] == ["safari"]


class TestRevokeSignIn:
    def test_ends_another_one_at_once(self, client: CheckedClient, person: Person, browser: Browser) -> None:
        other = person.browser(client)
        (listed,) = (each for each in other.get(f"{ACCOUNT}/sign-ins").json() if each["current"])
        assert browser.delete(f"{ACCOUNT}/sign-ins/{listed['id']}").status_code == 204
        assert other.get(ACCOUNT).status_code == other.ask_renewal().status_code == 401
        assert browser.delete(f"{ACCOUNT}/sign-ins/{listed['id']}").status_code == 404

    def test_of_somebody_else_is_not_there(
        self, client: CheckedClient, admin: Administration, browser: Browser
    ) -> None:
        stranger = Person.with_password(admin, "eve").browser(client)
        (listed,) = browser_ids(stranger)
        assert browser.delete(f"{ACCOUNT}/sign-ins/{listed}").status_code == 404
        assert stranger.get(ACCOUNT).status_code == 200


def browser_ids(browser: Browser) -> list[str]:
    return [each["id"] for each in browser.get(f"{ACCOUNT}/sign-ins").json()]


def _without_request_id(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}
