"""Registration keys as people look after them: made, used, listed with what became of them, revoked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.members import join
from contract_tests.harness.people import Person
from contract_tests.harness.stored import everything_stored, execute
from contract_tests.operations.paging import every_page
from contract_tests.operations.test_registration_keys import registered

PATH = "/api/v1/registration-keys"
UNKNOWN = "01KAJ3S9QWK3Y0R2E4G6J8M0P2"


@pytest.fixture
def mia(admin: Administration) -> Person:
    """A person of the test's own."""
    return Person.create(admin, "mia")


def make(client: CheckedClient, person: Person, **terms: Any) -> httpx.Response:
    body = {"workspace_id": person.workspace_id, **terms}
    return client.post(PATH, json=body, headers=bearer(person.pat))


def listed(client: CheckedClient, person: Person, id: str) -> dict[str, Any]:
    (found,) = [each for each in every_page(client, PATH, person.pat) if each["id"] == id]
    return found


class TestCreateRegistrationKey:
    def test_gives_a_key_that_registers_once_and_is_shown_once(
        self, client: CheckedClient, mia: Person, server_database: str
    ) -> None:
        answer = make(client, mia, description="  Laptops ", prefix="lab")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
        made = answer.json()
        assert made["key"].startswith(made["hint"])
        assert made["hint"] != made["key"]
        assert (made["description"], made["prefix"], made["state"]) == ("Laptops", "lab-", "usable")
        assert (made["reusable"], made["ephemeral"], made["uses"]) == (False, False, 0)
        assert (made["expires_at"], made["last_used_at"]) == (None, None)
        assert made["key"] not in everything_stored(server_database)
        own = bearer(Instance.register(client, key=made["key"]).own_token())
        assert client.get("/instance/workspace", headers=own).json()["id"] == mia.workspace_id
        assert registered(client, made["key"]).json()["error"] == "invalid_registration_key"
        used = listed(client, mia, made["id"])
        assert (used["state"], used["uses"]) == ("used_up", 1)
        assert used["last_used_at"] >= made["created_at"]
        assert "key" not in used

    def test_a_reusable_one_registers_any_number(self, client: CheckedClient, mia: Person) -> None:
        made = make(client, mia, reusable=True).json()
        for _ in range(3):
            Instance.register(client, key=made["key"])
        used = listed(client, mia, made["id"])
        assert (used["reusable"], used["state"], used["uses"]) == (True, "usable", 3)

    def test_ends_when_it_was_told_to(self, client: CheckedClient, mia: Person, server_database: str) -> None:
        made = make(client, mia, reusable=True, expires_in_s=3600).json()
        assert made["expires_at"] == made["created_at"] + 3600
        execute(server_database, "UPDATE registration_key SET expires_at = now() WHERE id = $1", made["id"])
        assert registered(client, made["key"]).status_code == 403
        assert listed(client, mia, made["id"])["state"] == "expired"

    def test_instances_of_an_ephemeral_one_go_with_their_last_session(
        self, client: CheckedClient, mia: Person
    ) -> None:
        probe = Instance.register(client, key=make(client, mia, ephemeral=True).json()["key"])
        tokens = probe.sign_in(mia.pat)
        assert client.post("/instance/user/session/revoke", headers=tokens.bearer).status_code == 200
        assert probe.ask_token(grant_type="client_credentials").json()["error"] == "invalid_client"

    @pytest.mark.parametrize(
        "terms",
        [
            {"prefix": "a\x1b[2J"},
            {"prefix": "a" * 65},
            {"prefix": "a" * 64},
            {"description": "a\nb"},
            {"description": "a" * 10_000},
            {"expires_in_s": 0},
            {"max_uses": 2},
            {"workspace_id": "x"},
        ],
    )
    def test_refuses_what_cannot_be_one(
        self, client: CheckedClient, mia: Person, terms: dict[str, object]
    ) -> None:
        assert make(client, mia, **terms).status_code == 400

    def test_is_the_owners_alone(
        self, client: CheckedClient, mia: Person, ada: Person, server_database: str
    ) -> None:
        stranger = make(client, mia, workspace_id=ada.workspace_id)
        assert (stranger.status_code, stranger.json()["error"]) == (404, "unknown_workspace")
        join(server_database, workspace_id=ada.workspace_id, person=mia)
        member = make(client, mia, workspace_id=ada.workspace_id)
        assert (member.status_code, member.json()["error"]) == (403, "owner_only")

    def test_a_workspace_has_a_hundred_usable_ones_at_most(
        self, client: CheckedClient, mia: Person, server_database: str
    ) -> None:
        execute(
            server_database,
            "INSERT INTO registration_key (id, key_hash, hint, workspace_id, description, name_prefix, "
            "ephemeral, uses, created_at) SELECT right($1, 20) || lpad(n::text, 6, '0'), "
            "sha256(convert_to($1 || n, 'UTF8')), 'ckey_', $1, '', '', false, 0, now() "
            "FROM generate_series(1, 98) AS n",
            mia.workspace_id,
        )
        last = make(client, mia)
        assert last.status_code == 201
        full = make(client, mia)
        assert (full.status_code, full.json()["error"]) == (409, "too_many_registration_keys")
        Instance.register(client, key=last.json()["key"])
        assert make(client, mia).status_code == 201
        assert make(client, mia).status_code == 409


class TestListRegistrationKeys:
    def test_the_newest_first_of_all_workspaces_or_of_one(
        self, client: CheckedClient, mia: Person, admin: Administration, server_database: str
    ) -> None:
        ben = Person.create(admin, "ben")
        join(server_database, workspace_id=mia.workspace_id, person=ben)
        of_mia = [make(client, mia, description=each).json()["id"] for each in "ab"]
        of_ben = make(client, ben).json()["id"]
        found = [each["id"] for each in every_page(client, PATH, ben.pat, limit=1)]
        assert found[:3] == [of_ben, *of_mia[::-1]]
        assert len(found) == 5  # and the one that each of them began with
        query = {"workspace_id": mia.workspace_id}
        assert [each["id"] for each in every_page(client, PATH, ben.pat, **query)][:2] == of_mia[::-1]
        assert of_ben not in [each["id"] for each in every_page(client, PATH, mia.pat)]

    def test_a_workspace_of_others_is_none(self, client: CheckedClient, mia: Person, ada: Person) -> None:
        for workspace_id in (ada.workspace_id, UNKNOWN):
            answer = client.get(PATH, params={"workspace_id": workspace_id}, headers=bearer(mia.pat))
            assert (answer.status_code, answer.json()["error"]) == (404, "unknown_workspace")


class TestRevokeRegistrationKey:
    def test_registers_nobody_any_more_and_leaves_its_instances(
        self, client: CheckedClient, mia: Person
    ) -> None:
        made = make(client, mia, reusable=True).json()
        probe = Instance.register(client, key=made["key"])
        for _ in range(2):
            assert client.delete(f"{PATH}/{made['id']}", headers=bearer(mia.pat)).status_code == 204
            assert registered(client, made["key"]).status_code == 403
        assert made["id"] not in [each["id"] for each in every_page(client, PATH, mia.pat)]
        assert client.post("/instance/alive", headers=bearer(probe.own_token())).status_code == 200

    def test_is_the_owners_alone(
        self, client: CheckedClient, mia: Person, ada: Person, server_database: str
    ) -> None:
        made = make(client, ada, reusable=True).json()
        for id in (made["id"], UNKNOWN):
            answer = client.delete(f"{PATH}/{id}", headers=bearer(mia.pat))
            assert (answer.status_code, answer.json()["error"]) == (404, "unknown_registration_key")
        join(server_database, workspace_id=ada.workspace_id, person=mia)
        member = client.delete(f"{PATH}/{made['id']}", headers=bearer(mia.pat))
        assert (member.status_code, member.json()["error"]) == (403, "owner_only")
        assert registered(client, made["key"]).status_code == 201
