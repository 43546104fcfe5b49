"""The instances in a person's workspaces: listed, looked at, renamed, deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.members import join
from contract_tests.harness.people import Person
from contract_tests.harness.stored import count, execute, rows
from contract_tests.operations.paging import every_page

UNKNOWN = "01KAJ3S9QWF6S1T7M3ZB5K8X0E"
DAY_S = 86_400
Call = Callable[[CheckedClient, str, Person], "tuple[int, str]"]


@pytest.fixture
def mia(admin: Administration) -> Person:
    """A person of the test's own."""
    return Person.create(admin, "mia")


@pytest.fixture
def probe(client: CheckedClient, mia: Person) -> Instance:
    """A new instance in Mia's workspace."""
    return Instance.register(client, key=mia.key)


def id_of(url: str, instance: Instance) -> str:
    return str(rows(url, "SELECT id FROM instance WHERE client_id = $1", instance.client_id)[0]["id"])


def silent_for(url: str, instance: Instance, seconds: float) -> None:
    """Move everything that is recorded of an instance, and its claim, into the past."""
    for table, column, key in (
        ("interaction", "at", "instance_id"),
        ("interaction_clock", "at", "instance_id"),
        ("instance", "claimed_at", "id"),
    ):
        execute(
            url,
            f"UPDATE {table} SET {column} = {column} - make_interval(secs => $2) WHERE {key} = $1",
            id_of(url, instance),
            seconds,
        )


def listed(client: CheckedClient, person: Person, **query: str) -> list[tuple[str, str]]:
    answer = client.get("/api/v1/instances", params=query, headers=bearer(person.pat))
    assert answer.status_code == 200, answer.text
    return [(each["client_id"], each["state"]) for each in answer.json()["items"]]


class TestListInstances:
    def test_tells_what_there_is_to_know(self, client: CheckedClient, mia: Person, probe: Instance) -> None:
        answer = client.get("/api/v1/instances", headers=bearer(mia.pat))
        assert answer.headers["Cache-Control"] == "no-store"
        (only,) = answer.json()["items"]
        assert (only["client_id"], only["workspace_id"]) == (probe.client_id, mia.workspace_id)
        assert only["name"].startswith("lab-")
        assert (only["state"], only["last_seen_at"], only["ephemeral"]) == ("active", None, False)

    @pytest.mark.promise("C1", "C5")
    def test_one_account_sees_all_of_its_instances_page_by_page(
        self, client: CheckedClient, mia: Person
    ) -> None:
        made = [Instance.register(client, key=mia.key).client_id for _ in range(25)]
        found = every_page(client, "/api/v1/instances", mia.pat, limit=10)
        assert [each["client_id"] for each in found] == made[::-1]
        assert len(client.get("/api/v1/instances", headers=bearer(mia.pat)).json()["items"]) == 20

    def test_what_comes_or_goes_meanwhile_moves_nothing_to_another_page(
        self, client: CheckedClient, mia: Person
    ) -> None:
        made = [Instance.register(client, key=mia.key).client_id for _ in range(6)][::-1]
        first = client.get("/api/v1/instances", params={"limit": 3}, headers=bearer(mia.pat)).json()
        client.delete(f"/api/v1/instances/{first['items'][0]['id']}", headers=bearer(mia.pat))
        Instance.register(client, key=mia.key)
        second = client.get(
            "/api/v1/instances", params={"limit": 3, "cursor": first["next_cursor"]}, headers=bearer(mia.pat)
        ).json()
        assert [each["client_id"] for each in (*first["items"], *second["items"])] == made
        assert second["next_cursor"] is None

    @pytest.mark.promise("C6")
    def test_whoever_is_a_member_sees_those_of_all_workspaces_or_of_one(
        self, client: CheckedClient, mia: Person, probe: Instance, admin: Administration, server_database: str
    ) -> None:
        ben = Person.create(admin, "ben")
        own = Instance.register(client, key=ben.key)
        assert listed(client, ben) == [(own.client_id, "active")]
        join(server_database, workspace_id=mia.workspace_id, person=ben)
        assert [each for each, _ in listed(client, ben)] == [own.client_id, probe.client_id]
        assert listed(client, ben, workspace_id=mia.workspace_id) == [(probe.client_id, "active")]
        assert listed(client, mia) == [(probe.client_id, "active")]

    def test_a_workspace_of_others_is_none(self, client: CheckedClient, mia: Person, ada: Person) -> None:
        told = []
        for workspace_id in (ada.workspace_id, UNKNOWN):
            answer = client.get(
                "/api/v1/instances", params={"workspace_id": workspace_id}, headers=bearer(mia.pat)
            )
            told.append((answer.status_code, answer.json()["error"], answer.json()["message"]))
        assert told[0][:2] == (404, "unknown_workspace")
        assert told[0] == told[1]
        assert listed(client, mia, workspace_id=mia.workspace_id) == []

    def test_who_is_silent_is_stale_then_archived_and_revives_by_itself(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str
    ) -> None:
        own = bearer(probe.own_token())
        assert client.post("/instance/alive", headers=own).status_code == 200
        silent_for(server_database, probe, 13.9 * DAY_S)
        assert listed(client, mia) == [(probe.client_id, "active")]
        silent_for(server_database, probe, 0.2 * DAY_S)
        assert listed(client, mia) == listed(client, mia, state="stale") == [(probe.client_id, "stale")]
        silent_for(server_database, probe, 46 * DAY_S)
        assert listed(client, mia) == listed(client, mia, state="stale") == []
        assert listed(client, mia, state="archived") == [(probe.client_id, "archived")]
        assert client.post("/instance/alive", headers=bearer(probe.own_token())).status_code == 200
        assert listed(client, mia) == [(probe.client_id, "active")]

    def test_the_workspace_says_how_long_that_is(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str
    ) -> None:
        silent_for(server_database, probe, 5 * DAY_S)
        assert listed(client, mia) == [(probe.client_id, "active")]
        for silences, state in (
            ({"stale_after_s": 2 * DAY_S}, "stale"),
            ({"archive_after_s": 4 * DAY_S}, "archived"),
        ):
            path = f"/api/v1/workspaces/{mia.workspace_id}"
            assert client.patch(path, json=silences, headers=bearer(mia.pat)).status_code == 200
            assert listed(client, mia, state=state) == [(probe.client_id, state)]

    def test_the_last_recorded_call_of_anybody_counts(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str
    ) -> None:
        client.post("/instance/alive", headers=bearer(probe.own_token()))
        silent_for(server_database, probe, 20 * DAY_S)
        tokens = probe.sign_in(mia.pat)
        client.get("/instance/user/session", headers=tokens.bearer)
        (only,) = client.get("/api/v1/instances", headers=bearer(mia.pat)).json()["items"]
        (last,) = rows(
            server_database,
            "SELECT extract(epoch FROM max(at))::bigint AS at FROM interaction WHERE instance_id = $1",
            only["id"],
        )
        assert only["state"] == "active"
        assert abs(only["last_seen_at"] - last["at"]) <= 1

    def test_a_page_looks_at_a_thousand_and_says_where_to_go_on(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str
    ) -> None:
        execute(
            server_database,
            "INSERT INTO instance (id, client_id, client_secret_hash, scopes, grant_types, "
            "token_endpoint_auth_method, redirect_uris, workspace_id, name, ephemeral, registered_at, "
            "claimed_at) SELECT '7' || lpad(n::text, 25, '0'), left(md5($1 || n), 26), '\\x00', '{}', '{}', "
            "'client_secret_post', '{}', $1, 'old', false, now() - interval '1 year', "
            "now() - interval '1 year' FROM generate_series(1, 1000) AS n",
            mia.workspace_id,
        )
        first = client.get("/api/v1/instances", headers=bearer(mia.pat)).json()
        assert first["items"] == []
        assert [each["client_id"] for each in every_page(client, "/api/v1/instances", mia.pat)] == [
            probe.client_id
        ]
        assert len(every_page(client, "/api/v1/instances", mia.pat, state="archived", limit=100)) == 1000
        execute(server_database, "DELETE FROM instance WHERE workspace_id = $1", mia.workspace_id)

    @pytest.mark.parametrize(
        "cursor",
        ["x", "AAAA", "aW5zdGFuY2VzOng", "cGF0czowMUtBSjNTOVFXRjZTMVQ3TTNaQjVLOFgwRQ", "_" * 128],
    )
    def test_a_cursor_of_no_page_of_this_list_is_refused(
        self, client: CheckedClient, mia: Person, cursor: str
    ) -> None:
        answer = client.get("/api/v1/instances", params={"cursor": cursor}, headers=bearer(mia.pat))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_cursor")

    @pytest.mark.parametrize(
        "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"state": "gone"}, {"sort": "name"}]
    )
    def test_refuses_what_is_not_declared(
        self, client: CheckedClient, mia: Person, query: dict[str, str]
    ) -> None:
        answer = client.get("/api/v1/instances", params=query, headers=bearer(mia.pat))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


class TestGetInstance:
    def test_is_what_the_list_says(self, client: CheckedClient, mia: Person, probe: Instance) -> None:
        (only,) = client.get("/api/v1/instances", headers=bearer(mia.pat)).json()["items"]
        answer = client.get(f"/api/v1/instances/{only['id']}", headers=bearer(mia.pat))
        assert answer.json() == only


class TestRenameInstance:
    def test_gives_the_new_name_everywhere(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str
    ) -> None:
        path = f"/api/v1/instances/{id_of(server_database, probe)}"
        answer = client.patch(path, json={"name": "  Microscope 2 "}, headers=bearer(mia.pat))
        assert answer.json()["name"] == "Microscope 2"
        assert client.get(path, headers=bearer(mia.pat)).json() == answer.json()

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            "\u00a0",
            "a" * 129,
            "a" * 10_000,
            "a\nb",
            "a\x1b[31mb",
            "\u202egpj",
            "\u2028",
            "a\x00b",
        ],
    )
    def test_a_name_that_cannot_be_shown_is_refused(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str, name: str
    ) -> None:
        path = f"/api/v1/instances/{id_of(server_database, probe)}"
        before = client.get(path, headers=bearer(mia.pat)).json()
        assert client.patch(path, json={"name": name}, headers=bearer(mia.pat)).status_code == 400
        assert client.get(path, headers=bearer(mia.pat)).json() == before

    @pytest.mark.parametrize("name", ["<script>alert(1)</script>", "名前", "👩‍🔬", "a'; DROP TABLE x"])
    def test_any_other_is_kept_as_it_is(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str, name: str
    ) -> None:
        path = f"/api/v1/instances/{id_of(server_database, probe)}"
        answer = client.patch(path, json={"name": name}, headers=bearer(mia.pat))
        assert answer.json()["name"] == name


class TestDeleteInstance:
    def test_ends_its_client_its_tokens_and_its_sessions(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str
    ) -> None:
        own, tokens, flow = probe.own_token(), probe.sign_in(mia.pat), probe.start_device_flow()
        id = id_of(server_database, probe)
        answer = client.delete(f"/api/v1/instances/{id}", headers=bearer(mia.pat))
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.post("/instance/alive", headers=bearer(own)).status_code == 401
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert probe.refresh(tokens.refresh_token).json()["error"] == "invalid_client"
        assert probe.poll(flow).json()["error"] == "invalid_client"
        for table in ("session", "access_token", "device_grant", "interaction", "interaction_clock"):
            query = f"SELECT 1 FROM {table} WHERE instance_id = $1"
            assert rows(server_database, query, id) == []
        assert listed(client, mia) == []
        again = client.delete(f"/api/v1/instances/{id}", headers=bearer(mia.pat))
        assert (again.status_code, again.json()["error"]) == (404, "unknown_instance")

    def test_leaves_others_alone(
        self, client: CheckedClient, mia: Person, probe: Instance, server_database: str
    ) -> None:
        other = Instance.register(client, key=mia.key)
        tokens = other.sign_in(mia.pat)
        before = count(server_database, "instance")
        client.delete(f"/api/v1/instances/{id_of(server_database, probe)}", headers=bearer(mia.pat))
        assert count(server_database, "instance") == before - 1
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 200


@pytest.mark.parametrize(
    ("method", "below", "body", "owners"),
    [
        ("GET", "", None, False),
        ("PATCH", "", {"name": "mine"}, True),
        ("DELETE", "", None, True),
        ("GET", "/sessions", None, False),
        ("DELETE", f"/sessions/{UNKNOWN}", None, False),
    ],
)
class TestWhoseInstance:
    """Strangers learn nothing, members look, the owner decides."""

    @pytest.mark.promise("C6")
    def test_a_stranger_is_answered_as_if_there_were_none(
        self,
        client: CheckedClient,
        eve: Person,
        probe: Instance,
        server_database: str,
        method: str,
        below: str,
        body: object,
        owners: bool,
    ) -> None:
        told = []
        for id in (id_of(server_database, probe), UNKNOWN):
            answer = client.request(
                method, f"/api/v1/instances/{id}{below}", json=body, headers=bearer(eve.pat)
            )
            told.append({**answer.json(), "request_id": ""})
        assert (told[0]["status"], told[0]["error"]) == (404, "unknown_instance")
        assert told[0] == told[1]

    def test_a_member_may_look(
        self,
        client: CheckedClient,
        mia: Person,
        probe: Instance,
        admin: Administration,
        server_database: str,
        method: str,
        below: str,
        body: object,
        owners: bool,
    ) -> None:
        ben = Person.create(admin, "ben")
        join(server_database, workspace_id=mia.workspace_id, person=ben)
        path = f"/api/v1/instances/{id_of(server_database, probe)}"
        answer = client.request(method, path + below, json=body, headers=bearer(ben.pat))
        if owners:
            assert (answer.status_code, answer.json()["error"]) == (403, "owner_only")
        else:
            assert answer.status_code in (200, 404)
            assert answer.status_code == 200 or answer.json()["error"] == "unknown_session"
        assert client.get(path, headers=bearer(mia.pat)).json()["name"].startswith("lab-")
