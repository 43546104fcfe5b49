"""A person's workspaces: who sees them, and who may change what about them."""

from __future__ import annotations

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.members import join
from contract_tests.harness.people import Person
from contract_tests.operations.paging import every_page

UNKNOWN = "01KAJ3S9QW0A9C8E7G6J5M4P3R"
TWO_DAYS, NINETY_DAYS = 172_800, 7_776_000


@pytest.fixture
def mia(admin: Administration) -> Person:
    """A person of the test's own."""
    return Person.create(admin, "mia")


class TestListWorkspaces:
    def test_is_ones_own_at_first(self, client: CheckedClient, mia: Person) -> None:
        answer = client.get("/api/v1/workspaces", headers=bearer(mia.pat))
        assert answer.headers["Cache-Control"] == "no-store"
        (only,) = answer.json()["items"]
        assert (only["id"], only["name"], only["role"]) == (mia.workspace_id, "Mia's workspace", "owner")
        assert (only["stale_after_s"], only["archive_after_s"]) == (14 * 86_400, 60 * 86_400)
        assert answer.json()["next_cursor"] is None

    @pytest.mark.promise("C6")
    def test_holds_those_that_one_is_a_member_of_and_says_so(
        self, client: CheckedClient, mia: Person, ada: Person, eve: Person, server_database: str
    ) -> None:
        for other in (ada, eve):
            join(server_database, workspace_id=other.workspace_id, person=mia)
        found = every_page(client, "/api/v1/workspaces", mia.pat, limit=1)
        assert [(each["id"], each["role"]) for each in found] == sorted(
            [(mia.workspace_id, "owner"), (ada.workspace_id, "member"), (eve.workspace_id, "member")]
        )


class TestUpdateWorkspace:
    def test_changes_what_is_named_and_leaves_the_rest(self, client: CheckedClient, mia: Person) -> None:
        path, headers = f"/api/v1/workspaces/{mia.workspace_id}", bearer(mia.pat)
        named = client.patch(path, json={"name": " Lab  "}, headers=headers).json()
        assert (named["name"], named["stale_after_s"]) == ("Lab", 14 * 86_400)
        silent = client.patch(path, json={"stale_after_s": TWO_DAYS}, headers=headers).json()
        assert (silent["name"], silent["stale_after_s"], silent["archive_after_s"]) == (
            "Lab",
            TWO_DAYS,
            60 * 86_400,
        )
        assert client.get("/api/v1/workspaces", headers=headers).json()["items"] == [silent]

    def test_an_instance_sees_the_new_name_and_the_same_generation(
        self, client: CheckedClient, mia: Person
    ) -> None:
        token = bearer(Instance.register(client, key=mia.key).own_token())
        before = client.get("/instance/workspace", headers=token).json()
        client.patch(f"/api/v1/workspaces/{mia.workspace_id}", json={"name": "Lab"}, headers=bearer(mia.pat))
        assert client.get("/instance/workspace", headers=token).json() == {**before, "name": "Lab"}

    @pytest.mark.parametrize(
        "silences",
        [
            {"stale_after_s": NINETY_DAYS},
            {"archive_after_s": TWO_DAYS},
            {"stale_after_s": TWO_DAYS, "archive_after_s": TWO_DAYS},
        ],
    )
    def test_nothing_is_archived_before_it_is_stale(
        self, client: CheckedClient, mia: Person, silences: dict[str, int]
    ) -> None:
        path, headers = f"/api/v1/workspaces/{mia.workspace_id}", bearer(mia.pat)
        answer = client.patch(path, json={"name": "Lab", **silences}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "archived_before_stale")
        assert client.get("/api/v1/workspaces", headers=headers).json()["items"][0]["name"] != "Lab"

    @pytest.mark.parametrize("body", [{}, {"owner_id": "x"}, {"stale_after_s": 3600}, {"name": ""}])
    def test_refuses_what_is_no_change(
        self, client: CheckedClient, mia: Person, body: dict[str, object]
    ) -> None:
        answer = client.patch(f"/api/v1/workspaces/{mia.workspace_id}", json=body, headers=bearer(mia.pat))
        assert answer.status_code == 400

    def test_is_the_owners_alone(
        self, client: CheckedClient, mia: Person, ada: Person, server_database: str
    ) -> None:
        path = f"/api/v1/workspaces/{ada.workspace_id}"
        stranger = client.patch(path, json={"name": "Mine"}, headers=bearer(mia.pat))
        assert (stranger.status_code, stranger.json()["error"]) == (404, "unknown_workspace")
        nowhere = client.patch(
            f"/api/v1/workspaces/{UNKNOWN}", json={"name": "Mine"}, headers=bearer(mia.pat)
        )
        assert {**nowhere.json(), "request_id": ""} == {**stranger.json(), "request_id": ""}
        join(server_database, workspace_id=ada.workspace_id, person=mia)
        member = client.patch(path, json={"name": "Mine"}, headers=bearer(mia.pat))
        assert (member.status_code, member.json()["error"]) == (403, "owner_only")
        assert "WWW-Authenticate" not in member.headers
