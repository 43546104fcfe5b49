"""Who is signed in to an instance, seen and ended from afar."""

from __future__ import annotations

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, Tokens, bearer
from contract_tests.harness.members import join
from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute
from contract_tests.operations.paging import every_page
from contract_tests.operations.test_instances import id_of


@pytest.fixture
def mia(admin: Administration) -> Person:
    """A person of the test's own."""
    return Person.create(admin, "mia")


@pytest.fixture
def ben(admin: Administration, mia: Person, server_database: str) -> Person:
    """A member of Mia's workspace."""
    ben = Person.create(admin, "ben")
    join(server_database, workspace_id=mia.workspace_id, person=ben)
    return ben


@pytest.fixture
def probe(client: CheckedClient, mia: Person) -> Instance:
    return Instance.register(client, key=mia.key)


@pytest.fixture
def place(probe: Instance, server_database: str) -> str:
    """Where the sessions of the probe are."""
    return f"/api/v1/instances/{id_of(server_database, probe)}/sessions"


def session_of(client: CheckedClient, tokens: Tokens) -> str:
    return str(client.get("/instance/user/session", headers=tokens.bearer).json()["id"])


class TestListInstanceSessions:
    def test_tells_who_is_signed_in_since_when_and_with_what(
        self, client: CheckedClient, mia: Person, probe: Instance, place: str
    ) -> None:
        tokens = probe.sign_in(mia.pat, "profile:read offline")
        answer = client.get(place, headers=bearer(mia.pat))
        assert answer.headers["Cache-Control"] == "no-store"
        (only,) = answer.json()["items"]
        assert (only["user"], only["scopes"]) == ({"id": mia.id, "name": "Mia"}, ["offline", "profile:read"])
        assert only["last_seen_at"] is None
        assert only["id"] == session_of(client, tokens)
        (seen,) = client.get(place, headers=bearer(mia.pat)).json()["items"]
        assert seen["last_seen_at"] >= only["created_at"]

    def test_the_owner_sees_everybody_and_a_member_the_own(
        self, client: CheckedClient, mia: Person, ben: Person, probe: Instance, place: str
    ) -> None:
        signed_in = [probe.sign_in(each.pat) for each in (mia, ben, mia)]
        of_mia, of_ben, again = (session_of(client, each) for each in signed_in)
        assert [each["id"] for each in every_page(client, place, mia.pat, limit=1)] == [again, of_ben, of_mia]
        assert [each["id"] for each in every_page(client, place, ben.pat)] == [of_ben]

    def test_what_has_ended_is_not_listed(
        self, client: CheckedClient, mia: Person, probe: Instance, place: str, server_database: str
    ) -> None:
        left, past = probe.sign_in(mia.pat), probe.sign_in(mia.pat)
        gone = session_of(client, past)
        client.post("/instance/user/session/revoke", headers=left.bearer)
        execute(server_database, "UPDATE session SET expires_at = now() WHERE id = $1", gone)
        assert client.get(place, headers=bearer(mia.pat)).json()["items"] == []

    def test_a_cursor_of_another_list_is_refused(
        self, client: CheckedClient, mia: Person, probe: Instance, place: str
    ) -> None:
        Instance.register(client, key=mia.key)
        cursor = client.get("/api/v1/instances", params={"limit": 1}, headers=bearer(mia.pat)).json()[
            "next_cursor"
        ]
        answer = client.get(place, params={"cursor": cursor}, headers=bearer(mia.pat))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_cursor")


class TestRevokeInstanceSession:
    def test_the_instance_sees_it_at_once(
        self, client: CheckedClient, mia: Person, probe: Instance, place: str
    ) -> None:
        tokens, other = probe.sign_in(mia.pat), probe.sign_in(mia.pat)
        session = session_of(client, tokens)
        answer = client.delete(f"{place}/{session}", headers=bearer(mia.pat))
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert probe.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"
        assert client.get("/instance/user/session", headers=other.bearer).status_code == 200
        again = client.delete(f"{place}/{session}", headers=bearer(mia.pat))
        assert (again.status_code, again.json()["error"]) == (404, "unknown_session")

    def test_the_owner_ends_everybodys_and_a_member_the_own(
        self, client: CheckedClient, mia: Person, ben: Person, probe: Instance, place: str
    ) -> None:
        of_mia, of_ben, again = (probe.sign_in(each.pat) for each in (mia, ben, ben))
        refused = client.delete(f"{place}/{session_of(client, of_mia)}", headers=bearer(ben.pat))
        assert (refused.status_code, refused.json()["error"]) == (404, "unknown_session")
        for person, tokens in ((ben, of_ben), (mia, again)):
            session = session_of(client, tokens)
            assert client.delete(f"{place}/{session}", headers=bearer(person.pat)).status_code == 204
            assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert client.get("/instance/user/session", headers=of_mia.bearer).status_code == 200

    def test_a_session_on_another_instance_is_none_of_this_one(
        self, client: CheckedClient, mia: Person, place: str
    ) -> None:
        tokens = Instance.register(client, key=mia.key).sign_in(mia.pat)
        answer = client.delete(f"{place}/{session_of(client, tokens)}", headers=bearer(mia.pat))
        assert answer.status_code == 404
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 200

    def test_an_ephemeral_instance_goes_with_its_last_session(
        self, client: CheckedClient, mia: Person, admin: Administration, server_database: str
    ) -> None:
        key = admin.run("registration-key", "create", "--user", mia.email, "--ephemeral")["key"]
        probe = Instance.register(client, key=key)
        path = f"/api/v1/instances/{id_of(server_database, probe)}"
        first, last = (session_of(client, probe.sign_in(mia.pat)) for _ in range(2))
        assert client.delete(f"{path}/sessions/{first}", headers=bearer(mia.pat)).status_code == 204
        assert client.get(path, headers=bearer(mia.pat)).json()["ephemeral"] is True
        assert client.delete(f"{path}/sessions/{last}", headers=bearer(mia.pat)).status_code == 204
        assert client.get(path, headers=bearer(mia.pat)).status_code == 404
