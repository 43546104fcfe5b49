"""sign_up, resend_verification and verify_email: from a form to an account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import FIREFOX, Browser, post_sign_in
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import contract
from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.newcomers import (
    CONFIRM_SUBJECT,
    EXISTS_SUBJECT,
    RESEND,
    SIGN_UP,
    VERIFY,
    Newcomer,
)
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import count, everything_stored, execute, rows
from contract_tests.operations.conftest import Bounds, at

PENDING = "SELECT * FROM sign_up WHERE username = $1"


class TestSignUp:
    @pytest.mark.promise("C1", "K9")
    def test_becomes_an_account_that_signs_in(self, client: CheckedClient, server: ServerProcess) -> None:
        nell = Newcomer.invented()
        assert post_sign_in(client, nell.email, nell.password).status_code == 401
        nell.sign_up(client)
        assert post_sign_in(client, nell.email, nell.password).status_code == 401
        answer = client.post(VERIFY, json={"token": nell.token(server)})
        assert answer.json() == {"username": nell.username, "password_set": True}
        account = Browser.sign_in(client, nell.username, nell.password).get("/api/v1/account").json()
        assert (account["email"], account["name"], account["plan"]) == (nell.email, nell.name, "basic")

    @pytest.mark.promise("C4", "K1")
    def test_keeps_what_is_declared_and_no_more(
        self, client: CheckedClient, server: ServerProcess, server_database: str
    ) -> None:
        nell = Newcomer.invented()
        nell.sign_up(client, **{"User-Agent": FIREFOX, "Accept-Language": "de-AT,en;q=0.5"})
        (pending,) = rows(server_database, PENDING, nell.username)
        assert pending["password_hash"].startswith("$argon2id$")
        typed = {name: pending[name] for name in ("username", "email", "name")}
        assert typed == {"username": nell.username, "email": nell.email, "name": nell.name}
        assert (str(pending["ip"]), pending["user_agent"], pending["fingerprint"]) == (
            "127.0.0.1",
            FIREFOX,
            "firefox/linux/de",
        )
        assert nell.password not in everything_stored(server_database)
        client.post(VERIFY, json={"token": nell.token(server)})
        assert rows(server_database, PENDING, nell.username) == []
        query = "SELECT r.* FROM registration r JOIN account a ON a.id = r.user_id WHERE a.username = $1"
        (kept,) = rows(server_database, query, nell.username)
        assert set(kept) == {"id", "user_id", "ip", "user_agent", "fingerprint", "at"}
        assert kept["fingerprint"] == "firefox/linux/de"

    @pytest.mark.promise("C4", "K1")
    def test_what_is_kept_of_a_sign_up_is_for_three_months_and_against_abuse_alone(self) -> None:
        record = contract().document["components"]["x-records"]["registration"]
        assert record["retention"] == {"delete-after": "P90D", "from": "at"}
        assert record["purpose"]["dpv"] == "dpv:EnforceSecurity"
        assert set(record["fields"]) == {"id", "user_id", "ip", "user_agent", "fingerprint", "at"}

    @pytest.mark.promise("K4")
    @pytest.mark.parametrize("attested", [False, None, "yes", 13])
    def test_needs_the_attestation_of_being_13_or_older(
        self, client: CheckedClient, server_database: str, attested: object
    ) -> None:
        nell = Newcomer.invented()
        answer = client.post(SIGN_UP, json={**nell.body, "of_age": attested})
        assert answer.status_code == 400
        assert {each["pointer"] for each in answer.json()["errors"]} == {"/of_age"}
        assert rows(server_database, PENDING, nell.username) == []

    @pytest.mark.promise("K4")
    @pytest.mark.parametrize("extra", ["birth_date", "gender", "nationality", "religion", "phone"])
    def test_takes_nothing_else(self, client: CheckedClient, extra: str) -> None:
        answer = client.post(SIGN_UP, json={**Newcomer.invented().body, extra: "1990-01-01"})
        assert answer.status_code == 400

    def test_without_headers_the_fingerprint_says_so(
        self, client: CheckedClient, server_database: str
    ) -> None:
        nell = Newcomer.invented()
        nell.sign_up(client, **{"User-Agent": "", "Accept-Language": "*"})
        (pending,) = rows(server_database, PENDING, nell.username)
        assert (pending["user_agent"], pending["fingerprint"]) == (None, "other/other/other")

    @pytest.mark.parametrize("name", ["username", "email", "name"])
    def test_what_cannot_be_used_is_said(self, client: CheckedClient, name: str) -> None:
        unusable = {"username": "a b", "email": "no address", "name": "two\nlines"}
        answer = client.post(SIGN_UP, json={**Newcomer.invented().body, name: unusable[name]})
        assert (answer.status_code, answer.json()["error"]) == (400, f"invalid_{name}")

    @pytest.mark.parametrize(
        ("password", "error"),
        [
            ("elevenchars", "invalid_password"),
            ("x" * 129, "invalid_password"),
            ("password1234", "guessable_password"),
            ("qwertyuiop12", "guessable_password"),
        ],
    )
    def test_a_password_has_to_be_long_and_rare(
        self, client: CheckedClient, password: str, error: str
    ) -> None:
        answer = client.post(SIGN_UP, json={**Newcomer.invented().body, "password": password})
        assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert password not in answer.text

    def test_the_persons_own_names_are_no_password(self, client: CheckedClient) -> None:
        nell = Newcomer.invented("hephaestion")
        answer = client.post(SIGN_UP, json={**nell.body, "password": nell.username})
        assert answer.json()["error"] == "guessable_password"

    def test_a_page_of_another_site_cannot_sign_anybody_up(
        self, client: CheckedClient, server_database: str
    ) -> None:
        nell = Newcomer.invented()
        answer = client.post(SIGN_UP, json=nell.body, headers={"Origin": "https://elsewhere.example"})
        assert (answer.status_code, answer.json()["error"]) == (403, "origin_refused")
        assert rows(server_database, PENDING, nell.username) == []


class TestUsernames:
    def test_of_accounts_are_refused(self, client: CheckedClient, ada: Person) -> None:
        taken = replace(Newcomer.invented(), username=ada.email.partition("@")[0].upper())
        answer = client.post(SIGN_UP, json=taken.body)
        assert (answer.status_code, answer.json()["error"]) == (409, "username_taken")

    def test_of_other_sign_ups_are_refused(self, client: CheckedClient) -> None:
        first, second = Newcomer.invented(), Newcomer.invented()
        first.sign_up(client)
        answer = client.post(SIGN_UP, json=replace(second, username=first.username).body)
        assert (answer.status_code, answer.json()["error"]) == (409, "username_taken")

    def test_of_expired_sign_ups_are_free_again(self, client: CheckedClient, server_database: str) -> None:
        first, second = Newcomer.invented(), Newcomer.invented()
        first.sign_up(client)
        execute(server_database, "UPDATE sign_up SET expires_at = now() WHERE username = $1", first.username)
        replace(second, username=first.username).sign_up(client)
        (pending,) = rows(server_database, PENDING, first.username)
        assert pending["email"] == second.email


class TestAnAddressWithAnAccount:
    """Nobody learns by signing up whether an address has an account; its owner is told."""

    def test_gets_the_same_answer(self, client: CheckedClient, ada: Person) -> None:
        known = client.post(SIGN_UP, json=replace(Newcomer.invented(), email=ada.email.upper()).body)
        unknown = client.post(SIGN_UP, json=Newcomer.invented().body)
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
        changing = {"x-request-id", "date"}
        assert {k: v for k, v in known.headers.items() if k not in changing} == {
            k: v for k, v in unknown.headers.items() if k not in changing
        }

    def test_its_owner_is_told_and_gets_no_link(
        self, client: CheckedClient, server: ServerProcess, admin: Administration
    ) -> None:
        owner = Person.create(admin, "owner")
        replace(Newcomer.invented(), email=owner.email).sign_up(client)
        mail = Mailbox.of(server).arrives(owner.email)
        assert mail.subject == EXISTS_SUBJECT
        assert "#token=" not in mail.text


class TestVerifyEmail:
    def test_works_once(self, client: CheckedClient, server: ServerProcess) -> None:
        token = Newcomer.invented().sign_up(client).token(server)
        assert client.post(VERIFY, json={"token": token}).status_code == 200
        answer = client.post(VERIFY, json={"token": token})
        assert (answer.status_code, answer.json()["error"]) == (410, "link_unusable")

    def test_gives_a_workspace(
        self, client: CheckedClient, server: ServerProcess, server_database: str
    ) -> None:
        nell = Newcomer.invented().settled(client, server)
        query = """SELECT w.name, w.generation FROM workspace w
                     JOIN workspace_member m ON m.workspace_id = w.id AND m.user_id = w.owner_id
                     JOIN account a ON a.id = w.owner_id
                    WHERE a.username = $1 AND a.email_verified_at IS NOT NULL"""
        assert rows(server_database, query, nell.username) == [
            {"name": f"{nell.name}'s workspace", "generation": 1}
        ]

    @pytest.mark.parametrize("table", ["sign_up", "account_token"])
    def test_is_too_late_after_a_day(
        self, client: CheckedClient, server: ServerProcess, server_database: str, table: str
    ) -> None:
        nell = Newcomer.invented().sign_up(client)
        token = nell.token(server)
        whose = "id" if table == "sign_up" else "sign_up_id"
        execute(
            server_database,
            f"UPDATE {table} SET expires_at = now()"
            f" WHERE {whose} = (SELECT id FROM sign_up WHERE username = $1)",
            nell.username,
        )
        assert client.post(VERIFY, json={"token": token}).status_code == 410

    @pytest.mark.parametrize("token", ["cve_", "x" * 128, "cve_" + "0" * 49])
    def test_a_link_that_was_never_made_opens_nothing(self, client: CheckedClient, token: str) -> None:
        assert client.post(VERIFY, json={"token": token}).json()["error"] == "link_unusable"

    def test_an_address_that_became_an_accounts_is_as_good_as_used(
        self, client: CheckedClient, server: ServerProcess, admin: Administration
    ) -> None:
        nell = Newcomer.invented().sign_up(client)
        token = nell.token(server)
        admin.run("user", "create", "--email", nell.email, "--username", f"{nell.username}2", "--name", "N")
        answer = client.post(VERIFY, json={"token": token})
        assert (answer.status_code, answer.json()["error"]) == (410, "link_unusable")

    def test_a_username_that_the_operator_gave_away_is_told(
        self, client: CheckedClient, server: ServerProcess, admin: Administration
    ) -> None:
        nell = Newcomer.invented().sign_up(client)
        token = nell.token(server)
        admin.run("user", "create", "--email", f"2{nell.email}", "--username", nell.username, "--name", "N")
        answer = client.post(VERIFY, json={"token": token})
        assert (answer.status_code, answer.json()["error"]) == (409, "username_taken")

    def test_of_several_sign_ups_under_one_address_none_gives_its_password(
        self, client: CheckedClient, server: ServerProcess, server_database: str
    ) -> None:
        """Whoever signs a stranger up, and waits for the stranger to follow the link, gets no way in."""
        hostile = Newcomer.invented("mallory").sign_up(client)
        token = hostile.token(server)
        victim = replace(
            Newcomer.invented("vic"), email=hostile.email, password="otters sleep in green reeds"
        )
        victim.sign_up(client)
        answer = client.post(VERIFY, json={"token": token})
        assert answer.json() == {"username": hostile.username, "password_set": False}
        for password in (hostile.password, victim.password):
            assert post_sign_in(client, hostile.email, password).status_code == 401
        assert rows(server_database, "SELECT 1 FROM sign_up WHERE email = $1", hostile.email) == []


class TestResendVerification:
    def test_mails_another_link_and_both_are_good(self, client: CheckedClient, server: ServerProcess) -> None:
        nell = Newcomer.invented().sign_up(client)
        first = nell.token(server)
        assert client.post(RESEND, json={"email": nell.email.upper()}).status_code == 202
        second = Mailbox.of(server).arrives(nell.email, CONFIRM_SUBJECT, beyond=1).token
        assert first != second
        assert client.post(VERIFY, json={"token": first}).status_code == 200
        assert client.post(VERIFY, json={"token": second}).status_code == 410

    def test_nobody_else_gets_a_mail_and_the_answer_is_the_same(
        self, client: CheckedClient, server: ServerProcess, ada: Person
    ) -> None:
        nell, stranger = Newcomer.invented(), Newcomer.invented()
        nell.sign_up(client)
        Mailbox.of(server).arrives(nell.email)
        answers = [
            client.post(RESEND, json={"email": each}) for each in (stranger.email, ada.email, nell.email)
        ]
        assert len({(each.status_code, each.content) for each in answers}) == 1
        # Mails leave in the order of asking: when this one has, the others would have.
        Mailbox.of(server).arrives(nell.email, beyond=1)
        assert Mailbox.of(server).all(stranger.email) == []
        assert Mailbox.of(server).all(ada.email, CONFIRM_SUBJECT) == []

    def test_what_is_no_address_is_told(self, client: CheckedClient) -> None:
        answer = client.post(RESEND, json={"email": "no address"})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_email")


class TestBounds:
    def test_mails_to_one_address_are_limited(self, strict: Bounds) -> None:
        nell = Newcomer.invented()
        namesake = replace(Newcomer.invented(), email=nell.email)
        with strict.client() as client:
            nell.sign_up(client)
            assert client.post(RESEND, json={"email": nell.email}, headers=at()).status_code == 202
            over = client.post(RESEND, json={"email": nell.email.upper()}, headers=at())
            again = client.post(SIGN_UP, json=namesake.body, headers=at())
            assert [over.status_code, again.status_code] == [429, 429]
            assert 0 < int(over.headers["Retry-After"]) <= 3600
            assert client.post(RESEND, json={"email": Newcomer.invented().email}).status_code == 202

    def test_mails_from_one_address_are_limited(self, strict: Bounds) -> None:
        with strict.client() as client:
            for _ in range(2):
                Newcomer.invented().sign_up(client)
            over = client.post(SIGN_UP, json=Newcomer.invented().body)
            assert over.status_code == 429
            assert 0 < int(over.headers["Retry-After"]) <= 3600

    def test_sign_ups_that_wait_are_limited(self, small: Bounds) -> None:
        with small.client() as client:
            first = Newcomer.invented().sign_up(client)
            Newcomer.invented().sign_up(client)
            full = client.post(SIGN_UP, json=Newcomer.invented().body)
            assert (full.status_code, full.json()["error"]) == (503, "sign_ups_full")
            assert int(full.headers["Retry-After"]) > 0
            assert count(small.url, "sign_up") == 2
            assert client.post(VERIFY, json={"token": first.token(small.server)}).status_code == 200
            Newcomer.invented().sign_up(client)
