"""`instance …`: claimed once, renamed, deleted with everything that belongs to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from api.gateways.randomness import SystemRandomness
from contract_tests.admin.conftest import Somebody
from contract_tests.admin.typed import Desk
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, approve, bearer
from contract_tests.harness.stored import execute, rows
from handlers.instances import claiming
from handlers.user import finding
from persistence.database import Database

UNKNOWN = "No instance has this id or client id."


def claim(client_id: str, user: str, name: str = "probe") -> list[str]:
    return ["instance", "claim", "--client-id", client_id, "--user", user, "--name", name]


def generation(desk: Desk, user_id: str) -> int:
    (row,) = rows(desk.database_url, "SELECT generation FROM workspace WHERE owner_id = $1", user_id)
    return int(row["generation"])


async def claimed_by_all(database_url: str, client_id: str, owners: list[str]) -> list[str | None]:
    """Let all of them claim at once; for each the workspace that got it, or None for the refused."""
    database = await Database.connect(database_url, pool_size=8)

    async def attempt(owner: str) -> str | None:
        try:
            async with database.unit_of_work() as store:
                workspace_id = await finding.own_workspace_id(owner, store=store)
                now = datetime.now(UTC)
                await claiming.claim(
                    called=client_id,
                    workspace_id=workspace_id,
                    name="x",
                    store=store,
                    randomness=SystemRandomness(),
                    now=now,
                )
        except claiming.AlreadyClaimed:
            return None
        return workspace_id

    try:
        return await asyncio.gather(*(attempt(owner) for owner in owners))
    finally:
        await database.close()


@pytest.fixture
def unclaimed(client: CheckedClient, desk: Desk) -> Instance:
    """An instance that belongs to nobody, however many other tests have registered from this address."""
    execute(desk.database_url, "DELETE FROM attempt WHERE kind = 'registration'")
    return Instance.register(client)


@pytest.fixture
def claimed(client: CheckedClient, desk: Desk, somebody: Somebody) -> Instance:
    """An instance in somebody's workspace."""
    key = desk.run("registration-key", "create", "--user", somebody.id)["key"]
    return Instance.register(client, key=key)


class TestInstanceClaim:
    def test_its_new_owner_is_told_by_mail(self, desk: Desk, somebody: Somebody, unclaimed: Instance) -> None:
        id = desk.run(*claim(unclaimed.client_id, somebody.email))["id"]
        told = rows(desk.database_url, "SELECT kind, to_address FROM mail WHERE subject_id = $1", id)
        assert told == [{"kind": "instance_claimed", "to_address": somebody.email}]

    def test_gives_a_workspace_and_a_name(
        self, desk: Desk, client: CheckedClient, somebody: Somebody, unclaimed: Instance
    ) -> None:
        before = generation(desk, somebody.id)
        answer = desk.run(*claim(unclaimed.client_id, somebody.email, " Lab probe "))
        workspace = client.get("/instance/workspace", headers=bearer(unclaimed.own_token())).json()
        (row,) = rows(desk.database_url, "SELECT * FROM instance WHERE client_id = $1", unclaimed.client_id)
        assert answer == {
            "id": row["id"],
            "client_id": unclaimed.client_id,
            "name": "Lab probe",
            "workspace_id": workspace["id"],
        }
        assert row["claimed_at"] is not None
        assert workspace["generation"] == before

    def test_lets_its_owner_sign_in(
        self, desk: Desk, client: CheckedClient, somebody: Somebody, unclaimed: Instance
    ) -> None:
        pat = desk.run("pat", "create", "--user", somebody.id, "--name", "x")["token"]
        flow = unclaimed.start_device_flow()
        assert approve(client, pat, flow.user_code).status_code == 409
        desk.run(*claim(unclaimed.client_id, somebody.id))
        assert approve(client, pat, flow.user_code).status_code == 200
        assert unclaimed.poll(flow).status_code == 200

    def test_refuses_a_second_claim(
        self, desk: Desk, new_user: Callable[[], Somebody], unclaimed: Instance
    ) -> None:
        first, second = new_user(), new_user()
        workspace = desk.run(*claim(unclaimed.client_id, first.id))["workspace_id"]
        for user in (first, second):
            said = desk.refusal(*claim(unclaimed.client_id, user.id, "other"))
            assert said == "This instance is already claimed."
        (row,) = rows(desk.database_url, "SELECT * FROM instance WHERE client_id = $1", unclaimed.client_id)
        assert (row["workspace_id"], row["name"]) == (workspace, "probe")

    def test_of_many_at_once_one_wins(
        self, desk: Desk, new_user: Callable[[], Somebody], unclaimed: Instance
    ) -> None:
        owners = [new_user().id for _ in range(3)]
        outcomes = asyncio.run(claimed_by_all(desk.database_url, unclaimed.client_id, owners * 8))
        (winner,) = (each for each in outcomes if each is not None)
        (row,) = rows(desk.database_url, "SELECT * FROM instance WHERE client_id = $1", unclaimed.client_id)
        assert row["workspace_id"] == winner

    def test_refuses_an_unknown_client(self, desk: Desk, somebody: Somebody) -> None:
        assert desk.refusal(*claim("01KAJ3S9QWXJ0V0B4R1YH8N2CD", somebody.id)) == UNKNOWN

    def test_refuses_an_unknown_user_and_claims_nothing(self, desk: Desk, unclaimed: Instance) -> None:
        assert desk.refusal(*claim(unclaimed.client_id, "nobody")).startswith("No account has")
        (row,) = rows(desk.database_url, "SELECT * FROM instance WHERE client_id = $1", unclaimed.client_id)
        assert row["workspace_id"] is None


class TestInstanceList:
    def test_lists_those_of_a_user(self, desk: Desk, somebody: Somebody, claimed: Instance) -> None:
        answer = desk.run("instance", "list", "--user", somebody.username)
        (listed,) = answer["instances"]
        assert answer["next"] is None
        assert listed.keys() == {
            *("id", "client_id", "client_name", "name", "workspace_id", "ephemeral"),
            *("registered_at", "claimed_at"),
        }
        assert listed["client_id"] == claimed.client_id

    def test_lists_those_of_nobody(self, desk: Desk, claimed: Instance, unclaimed: Instance) -> None:
        listed = desk.run("instance", "list", "--unclaimed", "--limit", "10000")["instances"]
        found = {each["client_id"] for each in listed}
        assert unclaimed.client_id in found
        assert claimed.client_id not in found

    def test_says_when_there_is_none(self, desk: Desk, somebody: Somebody) -> None:
        assert desk.attempt("instance", "list", "--user", somebody.id).stdout == "None.\n"


class TestInstanceRename:
    def test_names_anew(self, desk: Desk, claimed: Instance) -> None:
        answer = desk.run("instance", "rename", "--client-id", claimed.client_id, "--name", " Bench 2 ")
        assert answer["name"] == "Bench 2"
        again = desk.run("instance", "rename", "--client-id", answer["id"], "--name", "Bench 3")
        assert again == {"id": answer["id"], "name": "Bench 3"}

    def test_refuses_an_unclaimed_one(self, desk: Desk, unclaimed: Instance) -> None:
        said = desk.refusal("instance", "rename", "--client-id", unclaimed.client_id, "--name", "x")
        assert said == "This instance is unclaimed: claim it, which names it too."

    def test_refuses_an_unknown_one(self, desk: Desk) -> None:
        assert desk.refusal("instance", "rename", "--client-id", "x", "--name", "x") == UNKNOWN


class TestInstanceDelete:
    def test_ends_its_client_its_tokens_and_its_sessions(
        self, desk: Desk, client: CheckedClient, somebody: Somebody, claimed: Instance
    ) -> None:
        pat = desk.run("pat", "create", "--user", somebody.id, "--name", "x")["token"]
        own, tokens = claimed.own_token(), claimed.sign_in(pat)
        before = generation(desk, somebody.id)

        answer = desk.run("instance", "delete", "--client-id", claimed.client_id)

        assert answer == {"id": answer["id"], "deleted": True}
        assert claimed.ask_token(grant_type="client_credentials").status_code == 401
        assert client.get("/instance/owner", headers=bearer(own)).status_code == 401
        assert client.get("/instance/user/session", headers=tokens.bearer).status_code == 401
        assert not rows(desk.database_url, "SELECT 1 FROM session WHERE instance_id = $1", answer["id"])
        assert generation(desk, somebody.id) == before

    def test_refuses_an_unknown_one(self, desk: Desk) -> None:
        assert desk.refusal("instance", "delete", "--client-id", "x") == UNKNOWN
