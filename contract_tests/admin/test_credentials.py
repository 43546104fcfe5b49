"""`pat …` and `registration-key …`: credentials that open what they should, for as long as they should."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from contract_tests.admin.conftest import Somebody
from contract_tests.admin.typed import Desk
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import GRANT_TYPES, SCOPE, Instance, bearer
from contract_tests.harness.stored import everything_stored, rows

UNKNOWN_USER = "No account has this e-mail address, username or id."


def refused_to_register(client: CheckedClient, key: str) -> bool:
    body = {"grant_types": GRANT_TYPES, "scope": SCOPE, "instance_registration_key": key}
    return client.post("/oauth2/register", json=body).status_code == 403


class TestPatCreate:
    def test_gives_a_token_that_opens_the_account(
        self, desk: Desk, client: CheckedClient, somebody: Somebody
    ) -> None:
        answer = desk.run("pat", "create", "--user", somebody.email.upper(), "--name", "scripts")
        assert answer.keys() == {"id", "token"}
        assert re.fullmatch(r"caido_[0-9A-Za-z]{49}", answer["token"])
        opened = client.get("/api/v1/user", headers=bearer(answer["token"]))
        assert (opened.status_code, opened.json()["id"]) == (200, somebody.id)

    def test_stores_no_token(self, desk: Desk, somebody: Somebody) -> None:
        token = desk.run("pat", "create", "--user", somebody.id, "--name", "scripts")["token"]
        assert token not in everything_stored(desk.database_url)

    @pytest.mark.parametrize(
        ("typed", "lasts"),
        [("30d", timedelta(days=30)), ("12h", timedelta(hours=12)), ("15m", timedelta(minutes=15)),
         ("2w", timedelta(weeks=2)), ("1S", timedelta(seconds=1)), (None, None)],
    )  # fmt: skip
    def test_ends_when_it_was_told_to(
        self, desk: Desk, somebody: Somebody, typed: str | None, lasts: timedelta | None
    ) -> None:
        options = ["--expires-in", typed] if typed is not None else []
        token_id = desk.run("pat", "create", "--user", somebody.id, "--name", "x", *options)["id"]
        (row,) = rows(desk.database_url, "SELECT * FROM personal_access_token WHERE id = $1", token_id)
        assert row["expires_at"] == (row["created_at"] + lasts if lasts is not None else None)

    @pytest.mark.parametrize("typed", ["", "0d", "30", "d", "-1d", "1y", "1.5h", "99999999999d", "36501d"])
    def test_refuses_what_is_no_duration(self, desk: Desk, typed: str) -> None:
        assert "no duration" in desk.misuse(
            "pat", "create", "--user", "x", "--name", "x", "--expires-in", typed
        )

    def test_refuses_an_unknown_user(self, desk: Desk) -> None:
        assert desk.refusal("pat", "create", "--user", "nobody@example.org", "--name", "x") == UNKNOWN_USER

    @pytest.mark.parametrize("user", ["", "%", "a\x00b", "01KAJ3S9QWXJ0V0B4R1YH8N2CD", "x" * 5000])
    def test_refuses_what_names_nobody(self, desk: Desk, user: str) -> None:
        assert desk.refusal("pat", "create", "--user", user, "--name", "x") == UNKNOWN_USER

    def test_refuses_a_name_that_cannot_be_shown(self, desk: Desk, somebody: Somebody) -> None:
        said = desk.refusal("pat", "create", "--user", somebody.id, "--name", "a\x1b[2J")
        assert said.startswith("A name has 1 to 128 characters")


class TestPatRevoke:
    def test_closes_what_was_open(self, desk: Desk, client: CheckedClient, somebody: Somebody) -> None:
        made = desk.run("pat", "create", "--user", somebody.id, "--name", "scripts")
        for _ in range(2):
            assert desk.run("pat", "revoke", "--id", made["id"]) == {"id": made["id"], "revoked": True}
        assert client.get("/api/v1/user", headers=bearer(made["token"])).status_code == 401

    def test_is_listed(self, desk: Desk, somebody: Somebody) -> None:
        made = desk.run("pat", "create", "--user", somebody.id, "--name", "scripts")
        (listed,) = desk.run("pat", "list", "--user", somebody.id)["tokens"]
        assert (listed["id"], listed["name"], listed["revoked_at"]) == (made["id"], "scripts", None)
        desk.run("pat", "revoke", "--id", made["id"])
        shown = desk.attempt("pat", "list", "--user", somebody.id).stdout
        assert made["id"] in shown
        assert made["token"] not in shown

    def test_refuses_an_unknown_token(self, desk: Desk) -> None:
        assert desk.refusal("pat", "revoke", "--id", "x") == "No personal access token has this id."


class TestRegistrationKeyCreate:
    def test_gives_a_key_that_registers_one_instance(
        self, desk: Desk, client: CheckedClient, somebody: Somebody
    ) -> None:
        answer = desk.run("registration-key", "create", "--user", somebody.email, "--prefix", "lab")
        assert answer.keys() == {"id", "key", "workspace_id"}
        assert re.fullmatch(r"ckey_[0-9A-Za-z]{49}", answer["key"])
        registered = Instance.register(client, key=answer["key"])
        assert refused_to_register(client, answer["key"])
        (listed,) = desk.run("instance", "list", "--user", somebody.email)["instances"]
        assert (listed["client_id"], listed["workspace_id"]) == (registered.client_id, answer["workspace_id"])
        assert re.fullmatch(r"lab-[2-9a-z]{6}", listed["name"])

    @pytest.mark.parametrize(("options", "uses"), [(["--reusable"], None), (["--max-uses", "7"], 7), ([], 1)])
    def test_can_be_used_as_often_as_it_was_told(
        self, desk: Desk, somebody: Somebody, options: list[str], uses: int | None
    ) -> None:
        desk.run("registration-key", "create", "--user", somebody.id, *options)
        (listed,) = desk.run("registration-key", "list", "--user", somebody.id)["registration_keys"]
        assert (listed["uses"], listed["max_uses"]) == (0, uses)

    def test_is_listed_without_the_key(self, desk: Desk, somebody: Somebody) -> None:
        made = desk.run(
            "registration-key", "create", "--user", somebody.id, "--prefix", "ci_",
            "--description", "Nightly", "--expires-in", "1d", "--ephemeral",
        )  # fmt: skip
        (listed,) = desk.run("registration-key", "list", "--user", somebody.id)["registration_keys"]
        ends = datetime.fromisoformat(listed.pop("expires_at"))
        assert abs(ends - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=2)
        assert listed.pop("created_at").endswith("Z")
        assert listed == {
            "id": made["id"],
            "hint": made["key"][:9],
            "workspace_id": made["workspace_id"],
            "created_by": somebody.id,
            "description": "Nightly",
            "name_prefix": "ci_",
            "ephemeral": True,
            "max_uses": 1,
            "uses": 0,
            "last_used_at": None,
            "revoked_at": None,
        }
        assert made["key"] not in everything_stored(desk.database_url)

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (["--prefix", "x" * 64], "The prefix of instances' names has 64 characters at most"),
            (["--prefix", "a\nb"], "The prefix of instances' names has 64 characters at most"),
            (["--description", "x" * 257], "A description has 256 characters at most"),
            (["--max-uses", "0"], "A key can be used 1 to "),
            (["--max-uses", "2147483648"], "A key can be used 1 to "),
        ],
    )
    def test_refuses_terms_that_no_key_can_have(
        self, desk: Desk, somebody: Somebody, options: list[str], sentence: str
    ) -> None:
        assert desk.refusal("registration-key", "create", "--user", somebody.id, *options).startswith(
            sentence
        )

    def test_refuses_contradicting_terms(self, desk: Desk) -> None:
        said = desk.misuse("registration-key", "create", "--user", "x", "--reusable", "--max-uses", "3")
        assert "not both" in said

    def test_refuses_an_unknown_user(self, desk: Desk) -> None:
        assert desk.refusal("registration-key", "create", "--user", "nobody") == UNKNOWN_USER


class TestRegistrationKeyRevoke:
    def test_nobody_registers_with_it_any_more(
        self, desk: Desk, client: CheckedClient, somebody: Somebody
    ) -> None:
        made = desk.run("registration-key", "create", "--user", somebody.id, "--reusable")
        kept = Instance.register(client, key=made["key"])
        assert desk.run("registration-key", "revoke", "--id", made["id"]) == {
            "id": made["id"],
            "revoked": True,
        }
        assert refused_to_register(client, made["key"])
        assert kept.own_token()

    def test_refuses_an_unknown_key(self, desk: Desk) -> None:
        assert desk.refusal("registration-key", "revoke", "--id", "x") == "No registration key has this id."
