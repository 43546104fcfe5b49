"""`user …`: what is created, in which form, and what is refused."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from contract_tests.admin.conftest import Somebody
from contract_tests.admin.typed import Desk
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.stored import everything_stored, rows

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
PASSWORD = "correct horse battery"


def account(desk: Desk, user_id: str) -> dict[str, object]:
    (row,) = rows(desk.database_url, "SELECT * FROM account WHERE id = $1", user_id)
    return row


def create(free: str, /, **options: str) -> list[str]:
    given = {"email": f"{free}@example.org", "username": free, "name": "Ann Other", **options}
    return ["user", "create", *(f"--{name}={value}" for name, value in given.items())]


@pytest.fixture
def free() -> str:
    """A username that nobody has."""
    return f"ann-{secrets.token_hex(5)}"


class TestUserCreate:
    def test_prints_the_id_and_nothing_else(self, desk: Desk, free: str) -> None:
        answer = desk.run(*create(free))
        assert answer.keys() == {"id"}
        assert ULID.fullmatch(answer["id"])

    def test_tells_a_person_in_words(self, desk: Desk, free: str) -> None:
        ended = desk.attempt(*create(free))
        assert ended.code == 0
        assert re.fullmatch(r"Created the account [0-9A-Z]{26}\.\n", ended.stdout)

    def test_starts_on_the_basic_plan_with_a_workspace_of_its_own(self, desk: Desk, free: str) -> None:
        user_id = desk.run(*create(free, name="  Ann Other "))["id"]
        stored = account(desk, user_id)
        assert (stored["plan"], stored["name"], stored["email_verified_at"]) == ("basic", "Ann Other", None)
        (workspace,) = rows(
            desk.database_url,
            "SELECT w.name, w.generation, m.user_id FROM workspace w"
            " JOIN workspace_member m ON m.workspace_id = w.id WHERE w.owner_id = $1",
            user_id,
        )
        assert workspace == {"name": "Ann Other's workspace", "generation": 1, "user_id": user_id}

    def test_verified_is_stored(self, desk: Desk, free: str) -> None:
        user_id = desk.run(*create(free), "--verified")["id"]
        assert account(desk, user_id)["email_verified_at"] is not None

    @pytest.mark.promise("K20")
    def test_a_password_is_stored_as_argon2id_and_nowhere_else(self, desk: Desk, free: str) -> None:
        user_id = desk.run(*create(free, password=PASSWORD))["id"]
        stored = str(account(desk, user_id)["password_hash"])
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert PasswordHasher().verify(stored, PASSWORD)
        assert PASSWORD not in everything_stored(desk.database_url)

    @pytest.mark.parametrize("line", [f"{PASSWORD}\n", f"{PASSWORD}\r\n", PASSWORD])
    def test_a_password_comes_from_standard_input(self, desk: Desk, free: str, line: str) -> None:
        user_id = desk.run(*create(free), "--password-stdin", stdin=line)["id"]
        assert PasswordHasher().verify(str(account(desk, user_id)["password_hash"]), PASSWORD)

    def test_without_a_password_there_is_none(self, desk: Desk, free: str) -> None:
        assert account(desk, desk.run(*create(free))["id"])["password_hash"] is None

    @pytest.mark.parametrize("password", ["elevenchars", "x" * 129, ""])
    def test_refuses_a_password_of_the_wrong_length(self, desk: Desk, free: str, password: str) -> None:
        assert desk.refusal(*create(free, password=password)) == "A password has 12 to 128 characters."
        assert password == "" or password not in desk.refusal(*create(free, password=password))

    def test_refuses_a_password_that_is_no_text(self, desk: Desk, free: str) -> None:
        said = desk.refusal(*create(free), "--password-stdin", stdin=b"\xff\xfe-not-utf-8-text\n")
        assert said == "A password has 12 to 128 characters."

    def test_refuses_two_passwords(self, desk: Desk, free: str) -> None:
        said = desk.misuse(*create(free, password=PASSWORD), "--password-stdin")
        assert "not both" in said
        assert PASSWORD not in said

    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("Ann.O+Tag@Example.ORG", "ann.o+tag@example.org"),
            (" a@bücher.example ", "a@xn--bcher-kva.example"),
        ],
    )
    def test_an_address_has_one_form(self, desk: Desk, free: str, typed: str, stored: str) -> None:
        local, _, domain = typed.strip().rpartition("@")
        user_id = desk.run(*create(free, email=f" {local}.{free}@{domain} "))["id"]
        expected, _, expected_domain = stored.rpartition("@")
        assert account(desk, user_id)["email"] == f"{expected}.{free}@{expected_domain}"

    @pytest.mark.parametrize(
        "email",
        ["", "ann", "@example.org", "ann@", "a b@example.org", "a..b@example.org", "a@-x.org", "a@b..org",
         "a@example.org\n.evil", "ä@example.org", f"{'x' * 65}@example.org", f"a@{'x.' * 130}org"],
    )  # fmt: skip
    def test_refuses_what_is_no_address(self, desk: Desk, free: str, email: str) -> None:
        assert desk.refusal(*create(free, email=email)) == "This is not an e-mail address."

    @pytest.mark.parametrize("username", ["", "a b", "-ann", "ann.", "ann@example.org", "ännchen", "x" * 65])
    def test_refuses_what_is_no_username(self, desk: Desk, username: str) -> None:
        said = desk.refusal(*create("x", email="nobody@example.org", username=username))
        assert said.startswith("A username has 1 to 64 ")

    @pytest.mark.parametrize("name", ["", " ", "x" * 129, "line\nbreak", "bell\x07", "\u202egnp.exe"])
    def test_refuses_what_is_no_name(self, desk: Desk, free: str, name: str) -> None:
        assert desk.refusal(*create(free, name=name)).startswith("A name has 1 to 128 characters")

    def test_refuses_bytes_that_are_no_text(self, desk: Desk, free: str) -> None:
        assert (
            desk.refusal(*create(free, name="half \udcff")) == "An option holds bytes that are no UTF-8 text."
        )

    def test_a_long_name_leaves_room_in_the_workspaces(self, desk: Desk, free: str) -> None:
        user_id = desk.run(*create(free, name="n" * 128))["id"]
        (row,) = rows(desk.database_url, "SELECT name FROM workspace WHERE owner_id = $1", user_id)
        assert len(row["name"]) == 128
        assert row["name"].endswith("n's workspace")

    def test_refuses_a_taken_address_in_any_capitals(self, desk: Desk, somebody: Somebody, free: str) -> None:
        said = desk.refusal(*create(free, email=somebody.email.upper()))
        assert said == "This e-mail address already belongs to an account."

    def test_refuses_a_taken_username_in_any_capitals(
        self, desk: Desk, somebody: Somebody, free: str
    ) -> None:
        said = desk.refusal(*create(free, username=somebody.username.upper()))
        assert said == "This username is taken."
        assert not rows(desk.database_url, "SELECT 1 FROM account WHERE email = $1", f"{free}@example.org")

    def test_of_two_at_once_one_wins(self, admin: Administration, desk: Desk, free: str) -> None:
        with ThreadPoolExecutor(2) as threads:
            ended = list(threads.map(lambda _: admin.attempt(*create(free), "--json"), range(2)))
        assert sorted(each.returncode for each in ended) == [0, 1]
        (complaint,) = (each.stderr for each in ended if each.returncode)
        assert complaint == "This e-mail address already belongs to an account.\n"
        query = "SELECT 1 FROM account a JOIN workspace w ON w.owner_id = a.id WHERE a.username = $1"
        assert len(rows(desk.database_url, query, free)) == 1


class TestUserList:
    def test_lists_accounts_page_by_page(self, desk: Desk, new_user: Callable[[], Somebody]) -> None:
        first, second = new_user(), new_user()
        page = desk.run("user", "list", "--limit", "1", "--after", first.id)
        assert [each["id"] for each in page["users"]] == [second.id]
        assert page["next"] == second.id
        listed = page["users"][0]
        assert listed.pop("created_at").endswith("Z")
        assert listed == {
            "id": second.id,
            "username": second.username,
            "email": second.email,
            "name": "Some Body",
            "plan": "basic",
            "email_verified_at": None,
            "disabled_at": None,
        }
        assert desk.run("user", "list", "--after", second.id) == {"users": [], "next": None}


class TestUserDisable:
    def test_ends_sign_ins_at_once_and_for_good(
        self, desk: Desk, client: CheckedClient, somebody: Somebody
    ) -> None:
        pat = desk.run("pat", "create", "--user", somebody.id, "--name", "scripts")["token"]
        key = desk.run("registration-key", "create", "--user", somebody.email)
        tokens = Instance.register(client, key=key["key"]).sign_in(pat)
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 200

        answer = desk.run("user", "disable", "--user", somebody.email)
        assert answer == {"id": somebody.id, "disabled": True, "sessions_ended": 1}
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert client.get("/api/v1/user", headers=bearer(pat)).status_code == 401

        assert desk.run("user", "enable", "--user", somebody.username) == {
            "id": somebody.id,
            "disabled": False,
        }
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert client.get("/api/v1/user", headers=bearer(pat)).status_code == 200

    def test_counts_in_the_generation(self, desk: Desk, somebody: Somebody) -> None:
        desk.run("user", "disable", "--user", somebody.id)
        desk.run("user", "enable", "--user", somebody.id)
        (row,) = rows(desk.database_url, "SELECT generation FROM workspace WHERE owner_id = $1", somebody.id)
        assert row["generation"] == 3

    def test_refuses_what_is_so_already(self, desk: Desk, somebody: Somebody) -> None:
        assert desk.refusal("user", "enable", "--user", somebody.id) == "This account is not disabled."
        desk.run("user", "disable", "--user", somebody.id)
        assert desk.refusal("user", "disable", "--user", somebody.id) == "This account is disabled already."

    def test_refuses_an_unknown_user(self, desk: Desk) -> None:
        said = desk.refusal("user", "disable", "--user", "nobody@example.org")
        assert said == "No account has this e-mail address, username or id."
