"""update_account, confirm_email_change, request_password_reset and reset_password."""

from __future__ import annotations

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import Browser, post_sign_in
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.homes import Home
from contract_tests.harness.instances import Instance
from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.newcomers import (
    ACCOUNT,
    CHANGE_SUBJECT,
    CONFIRM,
    FORGOTTEN,
    RESET,
    RESET_SUBJECT,
    Newcomer,
)
from contract_tests.harness.people import PASSWORD, Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import everything_stored, execute, rows
from contract_tests.operations.conftest import Bounds, at

NEW = "otters sleep in green reeds"


@pytest.fixture
def ann(admin: Administration) -> Person:
    """Somebody with a password."""
    return Person.with_password(admin, "ann")


@pytest.fixture
def browser(client: CheckedClient, ann: Person) -> Browser:
    """Her browser."""
    return ann.browser(client)


def error(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]  # type: ignore[attr-defined]


class TestUpdateAccount:
    @pytest.mark.promise("K19")
    def test_changes_what_is_named_and_leaves_the_rest(self, browser: Browser, ann: Person) -> None:
        before = browser.get(ACCOUNT).json()
        wanted = Newcomer.invented("countess")
        answer = browser.patch(ACCOUNT, json={"username": wanted.username.upper()})
        assert answer.json() == {
            **before,
            "username": wanted.username,
            "updated_at": answer.json()["updated_at"],
        }
        answer = browser.patch(ACCOUNT, json={"name": "  Ada King "})
        assert (answer.json()["username"], answer.json()["name"]) == (wanted.username, "Ada King")
        assert browser.get(ACCOUNT).json() == answer.json()

    @pytest.mark.promise("K19", "K20")
    def test_a_new_password_asks_for_the_old_one_and_ends_the_other_sign_ins(
        self, client: CheckedClient, browser: Browser, ann: Person, server_database: str
    ) -> None:
        elsewhere = ann.browser(client)
        answer = browser.patch(ACCOUNT, json={"password": NEW, "current_password": ann.password})
        assert answer.status_code == 200
        assert browser.get(ACCOUNT).status_code == 200
        assert elsewhere.get(ACCOUNT).status_code == 401
        assert elsewhere.ask_renewal().status_code == 401
        assert post_sign_in(client, ann.email, str(ann.password)).status_code == 401
        assert post_sign_in(client, ann.email, NEW).status_code == 200
        assert NEW not in everything_stored(server_database)

    def test_leaves_peoples_sessions_on_instances_alone(
        self, client: CheckedClient, browser: Browser, ann: Person
    ) -> None:
        instance = Instance.register(client, key=ann.key)
        session = instance.sign_in(ann.pat)
        browser.patch(ACCOUNT, json={"password": NEW, "current_password": ann.password})
        assert client.get("/instance/user/session", headers=session.bearer).status_code == 200

    @pytest.mark.parametrize("change", [{"password": NEW}, {"email": "ann.king@example.org"}])
    def test_asks_for_the_current_password(self, browser: Browser, change: dict[str, str]) -> None:
        answer = browser.patch(ACCOUNT, json=change)
        assert answer.status_code == 400
        assert [each["pointer"] for each in answer.json()["errors"]] == ["/current_password"]
        wrong = browser.patch(ACCOUNT, json={**change, "current_password": "something else entirely"})
        assert error(wrong) == (403, "wrong_current_password")

    def test_a_wrong_password_changes_nothing_of_the_rest(self, browser: Browser) -> None:
        before = browser.get(ACCOUNT).json()
        change = {"name": "Someone", "email": "x@example.org", "current_password": "something else entirely"}
        assert browser.patch(ACCOUNT, json=change).status_code == 403
        assert browser.get(ACCOUNT).json() == before

    def test_an_account_without_a_password_cannot_prove_one(
        self, browser: Browser, ann: Person, server_database: str
    ) -> None:
        execute(server_database, "UPDATE account SET password_hash = NULL WHERE id = $1", ann.id)
        answer = browser.patch(ACCOUNT, json={"password": NEW, "current_password": "anything at all"})
        assert error(answer) == (403, "wrong_current_password")

    def test_guessing_the_current_password_ends_after_ten(self, home: Home) -> None:
        browser = home.person().browser
        guess = {"password": NEW, "current_password": "something else entirely"}
        told = [browser.patch(ACCOUNT, json=guess).status_code for _ in range(11)]
        assert told == [403] * 10 + [429]
        right = browser.patch(ACCOUNT, json={**guess, "current_password": PASSWORD})
        assert right.status_code == 429
        assert 0 < int(right.headers["Retry-After"]) <= 900

    def test_right_passwords_do_not_count(self, browser: Browser, ann: Person) -> None:
        for name in range(12):
            change = {"name": f"Ann {name}", "current_password": ann.password}
            assert browser.patch(ACCOUNT, json=change).status_code == 200

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"username": "a b"}, "invalid_username"),
            ({"name": "two\nlines"}, "invalid_name"),
            ({"email": "no address"}, "invalid_email"),
            ({"password": "elevenchars"}, "invalid_password"),
            ({"password": "password1234"}, "guessable_password"),
        ],
    )
    def test_what_cannot_be_used_is_said(
        self, browser: Browser, ann: Person, change: dict[str, str], word: str
    ) -> None:
        answer = browser.patch(ACCOUNT, json={**change, "current_password": ann.password})
        assert error(answer) == (400, word)

    def test_nothing_to_change_is_a_mistake(self, browser: Browser) -> None:
        assert browser.patch(ACCOUNT, json={}).status_code == 400

    def test_a_username_of_somebody_else_is_taken(
        self, client: CheckedClient, browser: Browser, admin: Administration
    ) -> None:
        other = Person.create(admin, "other")
        waiting = Newcomer.invented().sign_up(client)
        for taken in (other.email.partition("@")[0], waiting.username):
            assert error(browser.patch(ACCOUNT, json={"username": taken})) == (409, "username_taken")

    def test_ones_own_username_is_no_conflict(self, browser: Browser) -> None:
        own = browser.get(ACCOUNT).json()["username"]
        assert browser.patch(ACCOUNT, json={"username": own}).status_code == 200

    def test_a_personal_access_token_may_not(self, client: CheckedClient, ann: Person) -> None:
        headers = {"Authorization": f"Bearer {ann.pat}"}
        assert client.patch(ACCOUNT, json={"name": "Ann"}, headers=headers).status_code == 401


class TestEmailChange:
    @pytest.mark.promise("K19")
    def test_takes_effect_when_the_link_at_the_new_address_is_followed(
        self, client: CheckedClient, server: ServerProcess, browser: Browser, ann: Person
    ) -> None:
        new = Newcomer.invented("king").email
        answer = browser.patch(ACCOUNT, json={"email": new.upper(), "current_password": ann.password})
        assert answer.json()["email"] == ann.email
        token = Mailbox.of(server).arrives(new, CHANGE_SUBJECT).token
        assert browser.get(ACCOUNT).json()["email"] == ann.email
        assert client.post(CONFIRM, json={"token": token}).json() == {"email": new}
        assert browser.get(ACCOUNT).json()["email"] == new
        assert error(client.post(CONFIRM, json={"token": token})) == (410, "link_unusable")
        assert post_sign_in(client, new, str(ann.password)).status_code == 200

    def test_to_an_address_with_an_account_is_answered_the_same_and_mailed_to_nobody(
        self, server: ServerProcess, browser: Browser, ann: Person, admin: Administration
    ) -> None:
        other, free = Person.create(admin, "other"), Newcomer.invented("free").email
        answers = [
            browser.patch(ACCOUNT, json={"email": each, "current_password": ann.password})
            for each in (other.email, free)
        ]
        assert [each.status_code for each in answers] == [200, 200]
        assert answers[0].json()["email"] == answers[1].json()["email"] == ann.email
        Mailbox.of(server).arrives(free, CHANGE_SUBJECT)
        assert Mailbox.of(server).all(other.email) == []

    def test_an_address_that_became_an_accounts_meanwhile_is_gone(
        self,
        client: CheckedClient,
        server: ServerProcess,
        browser: Browser,
        ann: Person,
        admin: Administration,
    ) -> None:
        new = Newcomer.invented("king")
        browser.patch(ACCOUNT, json={"email": new.email, "current_password": ann.password})
        token = Mailbox.of(server).arrives(new.email, CHANGE_SUBJECT).token
        admin.run("user", "create", "--email", new.email, "--username", new.username, "--name", "King")
        assert error(client.post(CONFIRM, json={"token": token})) == (410, "link_unusable")
        assert browser.get(ACCOUNT).json()["email"] == ann.email

    def test_a_new_password_ends_the_link(
        self, client: CheckedClient, server: ServerProcess, browser: Browser, ann: Person
    ) -> None:
        new = Newcomer.invented("king").email
        browser.patch(ACCOUNT, json={"email": new, "current_password": ann.password})
        token = Mailbox.of(server).arrives(new, CHANGE_SUBJECT).token
        browser.patch(ACCOUNT, json={"password": NEW, "current_password": ann.password})
        assert client.post(CONFIRM, json={"token": token}).status_code == 410

    def test_mails_are_limited(self, strict: Bounds) -> None:
        ann = Person.with_password(strict.admin, "ann")
        change = {"email": Newcomer.invented().email, "name": "New", "current_password": ann.password}
        with strict.client() as client:
            headers = ann.browser(client).headers
            told = [client.patch(ACCOUNT, json=change, headers=headers | at()) for _ in range(3)]
        assert [each.status_code for each in told] == [200, 200, 429]


class TestPasswordReset:
    @pytest.mark.promise("K9", "K19")
    def test_sets_a_password_and_ends_every_sign_in(
        self, client: CheckedClient, server: ServerProcess, browser: Browser, ann: Person
    ) -> None:
        assert client.post(FORGOTTEN, json={"email": ann.email.upper()}).status_code == 202
        token = Mailbox.of(server).arrives(ann.email, RESET_SUBJECT).token
        assert client.post(RESET, json={"token": token, "password": NEW}).status_code == 204
        assert browser.get(ACCOUNT).status_code == 401
        assert browser.ask_renewal().status_code == 401
        assert post_sign_in(client, ann.email, str(ann.password)).status_code == 401
        assert post_sign_in(client, ann.email, NEW).status_code == 200
        assert error(client.post(RESET, json={"token": token, "password": NEW})) == (410, "link_unusable")

    def test_proves_the_address(
        self, client: CheckedClient, server: ServerProcess, ann: Person, server_database: str
    ) -> None:
        execute(
            server_database,
            "UPDATE account SET email_verified_at = NULL, password_hash = NULL WHERE id = $1",
            ann.id,
        )
        client.post(FORGOTTEN, json={"email": ann.email})
        token = Mailbox.of(server).arrives(ann.email, RESET_SUBJECT).token
        client.post(RESET, json={"token": token, "password": NEW})
        assert post_sign_in(client, ann.email, NEW).status_code == 200

    def test_using_one_link_ends_the_others(
        self, client: CheckedClient, server: ServerProcess, ann: Person
    ) -> None:
        tokens = []
        for number in range(2):
            client.post(FORGOTTEN, json={"email": ann.email})
            tokens.append(Mailbox.of(server).arrives(ann.email, RESET_SUBJECT, beyond=number).token)
        assert client.post(RESET, json={"token": tokens[1], "password": NEW}).status_code == 204
        assert client.post(RESET, json={"token": tokens[0], "password": NEW}).status_code == 410

    def test_is_over_after_an_hour(
        self, client: CheckedClient, server: ServerProcess, ann: Person, server_database: str
    ) -> None:
        client.post(FORGOTTEN, json={"email": ann.email})
        token = Mailbox.of(server).arrives(ann.email, RESET_SUBJECT).token
        (kept,) = rows(
            server_database,
            "SELECT expires_at - created_at = interval '1 hour' AS hour"
            " FROM account_token WHERE user_id = $1",
            ann.id,
        )
        assert kept["hour"]
        execute(server_database, "UPDATE account_token SET expires_at = now() WHERE user_id = $1", ann.id)
        assert client.post(RESET, json={"token": token, "password": NEW}).status_code == 410

    def test_nobody_without_an_account_gets_a_mail(
        self, client: CheckedClient, server: ServerProcess, ann: Person, admin: Administration
    ) -> None:
        nobody, disabled = Newcomer.invented().email, Person.with_password(admin, "leaver")
        admin.run("user", "disable", "--user", disabled.email)
        answers = [
            client.post(FORGOTTEN, json={"email": each}) for each in (nobody, disabled.email, ann.email)
        ]
        assert len({(each.status_code, each.content) for each in answers}) == 1
        Mailbox.of(server).arrives(ann.email, RESET_SUBJECT)
        assert Mailbox.of(server).all(nobody) == Mailbox.of(server).all(disabled.email) == []

    def test_opens_nothing_once_the_account_is_disabled(
        self, client: CheckedClient, server: ServerProcess, ann: Person, admin: Administration
    ) -> None:
        client.post(FORGOTTEN, json={"email": ann.email})
        token = Mailbox.of(server).arrives(ann.email, RESET_SUBJECT).token
        admin.run("user", "disable", "--user", ann.email)
        assert client.post(RESET, json={"token": token, "password": NEW}).status_code == 410

    def test_a_weak_password_leaves_the_link_good(
        self, client: CheckedClient, server: ServerProcess, ann: Person
    ) -> None:
        client.post(FORGOTTEN, json={"email": ann.email})
        token = Mailbox.of(server).arrives(ann.email, RESET_SUBJECT).token
        for weak, word in (("short", "invalid_password"), ("password1234", "guessable_password")):
            assert error(client.post(RESET, json={"token": token, "password": weak})) == (400, word)
        assert client.post(RESET, json={"token": token, "password": NEW}).status_code == 204

    def test_a_link_for_something_else_opens_nothing(
        self, client: CheckedClient, server: ServerProcess, browser: Browser, ann: Person
    ) -> None:
        new = Newcomer.invented("king").email
        browser.patch(ACCOUNT, json={"email": new, "current_password": ann.password})
        token = Mailbox.of(server).arrives(new, CHANGE_SUBJECT).token
        assert client.post(RESET, json={"token": token, "password": NEW}).status_code == 410
        assert client.post(RESET, json={"token": "cpr_", "password": NEW}).status_code == 410

    def test_what_is_no_address_is_told(self, client: CheckedClient) -> None:
        assert error(client.post(FORGOTTEN, json={"email": "no address"})) == (400, "invalid_email")
