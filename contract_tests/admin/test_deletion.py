"""`user delete`: an account goes with all that is kept of the person, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract_tests.admin.conftest import Somebody
from contract_tests.admin.typed import Desk
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.stored import everything_stored, execute, rows


class TestUserDelete:
    @pytest.mark.promise("K4")
    def test_leaves_nothing_of_the_person(
        self, desk: Desk, client: CheckedClient, somebody: Somebody
    ) -> None:
        pat = desk.run("pat", "create", "--user", somebody.id, "--name", "scripts")["token"]
        key = desk.run("registration-key", "create", "--user", somebody.email)["key"]
        tokens = Instance.register(client, key=key).sign_in(pat)
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 200
        code = {"user_code": "BBBB-BBBB"}
        assert client.get("/oauth2/device/information", params=code, headers=bearer(pat)).status_code == 404
        execute(
            desk.database_url,
            "INSERT INTO mail (id, kind, to_address, subject_id, state, attempts, created_at, due_at)"
            " VALUES ($1, 'new_sign_in', $2, $1, 'failed', 5, now(), now())",
            somebody.id,
            somebody.email,
        )
        execute(
            desk.database_url,
            "INSERT INTO mail (id, kind, to_address, subject_id, state, attempts, created_at, due_at)"
            " VALUES ($1, 'email_changed', 'until-lately@example.org', $2, 'sent', 1, now(), now())",
            "".join(reversed(somebody.id)),
            somebody.id,
        )
        execute(
            desk.database_url,
            "INSERT INTO sign_up"
            " (id, username, email, name, password_hash, fingerprint, created_at, expires_at)"
            " VALUES ($1, 'once-more', $2, 'Some Body', '', 'other/other/other', now(), now())",
            somebody.id,
            somebody.email,
        )

        answer = desk.run("user", "delete", "--user", somebody.email, "--reason", "underage")
        assert answer == {
            "id": somebody.id, "deleted": True, "reason": "underage", "workspaces": 1, "instances": 1,
        }  # fmt: skip
        stored = everything_stored(desk.database_url)
        of_the_person = (somebody.id, somebody.email, somebody.username, "until-lately@example.org")
        assert [each for each in of_the_person if each in stored] == []
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert client.get("/api/v1/user", headers=bearer(pat)).status_code == 401

    def test_leaves_the_workspace_of_somebody_else_that_learns_of_it(
        self, desk: Desk, new_user: Callable[[], Somebody]
    ) -> None:
        owner, member = new_user(), new_user()
        execute(
            desk.database_url,
            "INSERT INTO workspace_member (workspace_id, user_id, created_at)"
            " SELECT id, $2, now() FROM workspace WHERE owner_id = $1",
            owner.id,
            member.id,
        )
        desk.run("user", "delete", "--user", member.id, "--reason", "requested")
        query = (
            "SELECT w.generation, m.user_id FROM workspace w JOIN workspace_member m ON m.workspace_id = w.id"
            " WHERE w.owner_id = $1"
        )
        assert rows(desk.database_url, query, owner.id) == [{"generation": 2, "user_id": owner.id}]

    def test_wants_a_reason_that_is_one(self, desk: Desk, somebody: Somebody) -> None:
        assert "--reason" in desk.misuse("user", "delete", "--user", somebody.id)
        assert "underage" in desk.misuse("user", "delete", "--user", somebody.id, "--reason", "dislike")
        assert rows(desk.database_url, "SELECT 1 AS one FROM account WHERE id = $1", somebody.id)

    def test_refuses_an_unknown_user(self, desk: Desk, somebody: Somebody) -> None:
        desk.run("user", "delete", "--user", somebody.id, "--reason", "abuse")
        said = desk.refusal("user", "delete", "--user", somebody.id, "--reason", "abuse")
        assert said == "No account has this e-mail address, username or id."


@pytest.mark.promise("K4")
def test_where_a_childs_account_is_reported_is_published(client: CheckedClient) -> None:
    said = client.get("/.well-known/security.txt").text
    assert "# Also for reports of an account of a child under 13, which is then deleted.\nContact: " in said
    assert "Nobody under 13 may have an account." in client.get("/openapi.yaml").text
