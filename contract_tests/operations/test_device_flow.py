"""The device flow from start to tokens: who may decide, what is shown, how polling is paced, and that a
code works once.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.instances import DEVICE_CODE, Instance, approve, bearer, deny, information
from contract_tests.harness.people import Person
from contract_tests.harness.stored import everything_stored, execute, rows
from contract_tests.operations.conftest import Bounds

PENDING, SLOW = "authorization_pending", "slow_down"


class TestDeviceAuthorize:
    def test_gives_codes_and_the_page_where_a_person_decides(
        self, client: CheckedClient, instance: Instance
    ) -> None:
        answer = client.post(
            "/oauth2/device/authorize", data={**instance.credentials, "scope": "profile:read"}
        )
        payload = answer.json()
        assert (payload["expires_in"], payload["interval"]) == (600, 5)
        letters = payload["user_code"].replace("-", "")
        assert len(letters) == 8
        assert set(letters) <= set("BCDFGHJKLMNPQRSTVWXZ")
        assert payload["verification_uri_complete"].startswith(payload["verification_uri"])
        assert client.get("/device").status_code == 200

    def test_takes_client_secret_basic_too_and_never_both(
        self, client: CheckedClient, instance: Instance
    ) -> None:
        basic = (instance.client_id, instance.client_secret)
        assert (
            client.post("/oauth2/device/authorize", data={"scope": "profile:read"}, auth=basic).status_code
            == 200
        )
        both = client.post(
            "/oauth2/device/authorize", data={**instance.credentials, "scope": "profile:read"}, auth=basic
        )
        assert (both.status_code, both.json()["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize("scope", [" ", "nonsense", "profile:read nonsense"])
    def test_refuses_scopes_that_do_not_exist(
        self, client: CheckedClient, instance: Instance, scope: str
    ) -> None:
        answer = client.post("/oauth2/device/authorize", data={**instance.credentials, "scope": scope})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")

    def test_refuses_scopes_beyond_the_registration(self, client: CheckedClient, ada: Person) -> None:
        modest = Instance.register(client, key=ada.key, scope="profile:read")
        answer = client.post(
            "/oauth2/device/authorize", data={**modest.credentials, "scope": "profile:read assistant"}
        )
        assert answer.json()["error"] == "invalid_scope"

    def test_stores_codes_only_as_digests(self, instance: Instance, server_database: str) -> None:
        flow = instance.start_device_flow()
        stored = everything_stored(server_database)
        assert flow.device_code not in stored
        assert flow.user_code not in stored
        assert flow.user_code.replace("-", "") not in stored


class TestDeviceInformation:
    def test_tells_who_asks_for_what(self, client: CheckedClient, instance: Instance, ada: Person) -> None:
        flow = instance.start_device_flow("profile:read offline billing:write")
        payload = information(client, ada.pat, flow.user_code).json()
        assert payload["client"]["id"] == instance.client_id
        assert payload["client"]["instance"]["name"].startswith("lab-")
        assert {each["name"]: each["requirement"] for each in payload["scopes"]} == {
            "profile:read": "required",
            "offline": "optional",
            "billing:write": "forbidden",
        }
        assert payload["same_address"] is True

    def test_does_not_mind_how_the_code_is_typed(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        code = instance.start_device_flow().user_code
        for typed in (
            code.lower(),
            code.replace("-", ""),
            code.replace("-", " "),
            f"  {code[:2]} {code[2:]} ",
            "-".join(code),
        ):
            assert information(client, ada.pat, typed).status_code == 200

    def test_shows_an_unclaimed_instance_without_an_instance(
        self, client: CheckedClient, eve: Person
    ) -> None:
        flow = Instance.register(client, client_name="Bench 7").start_device_flow()
        payload = information(client, eve.pat, flow.user_code).json()
        assert "instance" not in payload["client"]
        assert payload["client"]["name"] == "Bench 7"

    def test_answers_strangers_as_if_the_code_did_not_exist(
        self, client: CheckedClient, admin: Administration, instance: Instance
    ) -> None:
        stranger = Person.create(admin, "stranger")
        flow = instance.start_device_flow()
        theirs, unknown = (information(client, stranger.pat, code) for code in (flow.user_code, "BBBB-BBBB"))
        assert theirs.status_code == unknown.status_code == 404
        drop = "request_id"
        assert {k: v for k, v in theirs.json().items() if k != drop} == {
            k: v for k, v in unknown.json().items() if k != drop
        }


class TestDeviceApprove:
    def test_grants_everything_that_may_be_granted_by_default(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        flow = instance.start_device_flow("profile:read offline billing:write instance")
        assert approve(client, ada.pat, flow.user_code).status_code == 200
        assert instance.poll(flow).json()["scope"] == "profile:read offline"

    @pytest.mark.parametrize(
        "chosen", ["profile:read,offline", "offline profile:read", "profile:read, offline"]
    )
    def test_grants_a_chosen_subset(
        self, client: CheckedClient, instance: Instance, ada: Person, chosen: str
    ) -> None:
        flow = instance.start_device_flow()
        assert approve(client, ada.pat, flow.user_code, chosen).status_code == 200
        assert set(instance.poll(flow).json()["scope"].split()) == {"profile:read", "offline"}

    @pytest.mark.parametrize("chosen", ["", "offline", "profile:read billing:write", "profile:read nonsense"])
    def test_refuses_a_choice_without_what_is_required_or_beyond_what_was_asked(
        self, client: CheckedClient, instance: Instance, ada: Person, chosen: str
    ) -> None:
        flow = instance.start_device_flow()
        answer = approve(client, ada.pat, flow.user_code, chosen)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
        assert instance.poll(flow).json()["error"] == PENDING

    def test_without_offline_there_is_no_refresh_token(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        assert instance.sign_in(ada.pat, "profile:read").refresh_token == ""

    @pytest.mark.promise("C6")
    def test_refuses_a_person_of_another_workspace(
        self, client: CheckedClient, admin: Administration, instance: Instance
    ) -> None:
        stranger = Person.create(admin, "stranger")
        flow = instance.start_device_flow()
        assert approve(client, stranger.pat, flow.user_code).status_code == 404
        assert deny(client, stranger.pat, flow.user_code).status_code == 404
        assert instance.poll(flow).json()["error"] == PENDING

    def test_says_that_an_unclaimed_instance_must_be_claimed(
        self, client: CheckedClient, admin: Administration, ada: Person
    ) -> None:
        instance = Instance.register(client)
        flow = instance.start_device_flow()
        refused = approve(client, ada.pat, flow.user_code)
        assert (refused.status_code, refused.json()["error"]) == (409, "instance_unclaimed")
        assert "claim" in refused.json()["error_description"]
        admin.run(
            "instance", "claim", "--client-id", instance.client_id, "--user", ada.email, "--name", "bench"
        )
        assert approve(client, ada.pat, flow.user_code).status_code == 200
        assert instance.poll(flow).status_code == 200

    async def test_against_denial_has_one_winner(
        self, async_client: AsyncCheckedClient, instance: Instance, ada: Person
    ) -> None:
        flow = instance.start_device_flow()
        query, headers = {"user_code": flow.user_code}, bearer(ada.pat)
        answers = await asyncio.gather(
            *(
                async_client.post(f"/oauth2/device/{decision}", params=query, headers=headers)
                for decision in ("approve", "deny") * 10
            )
        )
        winners = [index for index, each in enumerate(answers) if each.status_code == 200]
        assert len(winners) == 1
        outcome = instance.poll(flow)
        assert (
            outcome.status_code == 200 if winners[0] % 2 == 0 else outcome.json()["error"] == "access_denied"
        )


class TestDeviceDeny:
    def test_the_next_poll_is_told(self, client: CheckedClient, instance: Instance, ada: Person) -> None:
        flow = instance.start_device_flow()
        assert deny(client, ada.pat, flow.user_code).status_code == 200
        assert instance.poll(flow).json()["error"] == "access_denied"
        assert approve(client, ada.pat, flow.user_code).status_code == 404


class TestGuessing:
    """Ten wrong codes block the account, and the address for whoever has guessed from it; nobody else."""

    def test_ten_wrong_codes_block_the_guesser_only(self, strict: Bounds) -> None:
        ada, guesser, mistyper = (
            Person.create(strict.admin, name) for name in ("ada", "guesser", "mistyper")
        )
        with strict.client() as http:
            wrong = [information(http, guesser.pat, "BBBB-BBBB").status_code for _ in range(12)]
            assert wrong == [404] * 10 + [429] * 2
            blocked = information(http, guesser.pat, "BBBB-BBBB")
            assert 0 < int(blocked.headers["Retry-After"]) <= 900
            instance = Instance.register(http, key=ada.key)
            first, second = instance.start_device_flow(), instance.start_device_flow()
            assert approve(http, guesser.pat, first.user_code).status_code == 429
            assert approve(http, ada.pat, first.user_code).status_code == 200
            assert information(http, ada.pat, "BBBB-BBBB").status_code == 429
            assert approve(http, ada.pat, second.user_code).status_code == 200
            theirs = Instance.register(http, key=mistyper.key).start_device_flow()
            assert {information(http, mistyper.pat, "BBBB-BBBB").status_code for _ in range(3)} == {429}
            assert approve(http, mistyper.pat, theirs.user_code).status_code == 429

    def test_a_right_code_resets_nothing(self, small: Bounds) -> None:
        ada = Person.create(small.admin, "ada")
        with small.client() as http:
            instance = Instance.register(http, key=ada.key)
            statuses = []
            for _ in range(4):
                flow = instance.start_device_flow()
                statuses.append(information(http, ada.pat, flow.user_code).status_code)
                information(http, ada.pat, "BBBB-BBBB")
            assert statuses == [200, 200, 200, 429]

    async def test_parallel_guesses_count_too(self, strict: Bounds) -> None:
        guesser = Person.create(strict.admin, "guesser")
        query, headers = {"user_code": "CCCC-CCCC"}, bearer(guesser.pat)
        async with strict.async_client() as http:
            calls = (http.get("/oauth2/device/information", params=query, headers=headers) for _ in range(40))
            answers = await asyncio.gather(*calls)
        assert Counter(each.status_code for each in answers) == {404: 10, 429: 30}


class TestPolling:
    def test_the_first_poll_is_never_slow_and_an_early_one_adds_five_seconds(
        self, client: CheckedClient, instance: Instance, server_database: str
    ) -> None:
        flow = instance.start_device_flow()
        assert [instance.poll(flow).json()["error"] for _ in range(3)] == [PENDING, SLOW, SLOW]
        grant = _grant(server_database, instance)
        assert grant["interval_s"] == 10

    def test_the_interval_has_a_bound(self, instance: Instance, server_database: str) -> None:
        flow = instance.start_device_flow()
        for _ in range(12):
            instance.poll(flow)
        assert _grant(server_database, instance)["interval_s"] == 10

    def test_a_client_that_waits_recovers(self, instance: Instance, server_database: str) -> None:
        flow = instance.start_device_flow()
        assert [instance.poll(flow).json()["error"] for _ in range(2)] == [PENDING, SLOW]
        _time_passes(server_database, instance, seconds=9)
        assert instance.poll(flow).json()["error"] == SLOW
        _time_passes(server_database, instance, seconds=2)
        assert instance.poll(flow).json()["error"] == PENDING

    def test_once_approved_an_early_poll_gets_the_tokens(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        flow = instance.start_device_flow()
        instance.poll(flow)
        instance.poll(flow)
        approve(client, ada.pat, flow.user_code)
        assert instance.poll(flow).status_code == 200

    def test_a_code_past_its_life_is_expired(
        self, client: CheckedClient, instance: Instance, ada: Person, server_database: str
    ) -> None:
        flow = instance.start_device_flow()
        execute(
            server_database,
            "UPDATE device_grant SET expires_at = now() - interval '1 second' WHERE instance_id = "
            "(SELECT id FROM instance WHERE client_id = $1)",
            instance.client_id,
        )
        assert instance.poll(flow).json()["error"] == "expired_token"
        assert approve(client, ada.pat, flow.user_code).status_code == 404

    def test_a_code_of_another_client_is_an_invalid_grant(
        self, client: CheckedClient, instance: Instance, ada: Person
    ) -> None:
        flow = instance.start_device_flow()
        approve(client, ada.pat, flow.user_code)
        thief = Instance.register(client, key=ada.key)
        assert thief.poll(flow).json()["error"] == "invalid_grant"
        assert instance.poll(flow).status_code == 200
        assert instance.poll(flow).json()["error"] == "invalid_grant"

    async def test_fifty_parallel_redemptions_have_one_winner(
        self,
        async_client: AsyncCheckedClient,
        client: CheckedClient,
        instance: Instance,
        ada: Person,
        server_database: str,
    ) -> None:
        flow = instance.start_device_flow()
        approve(client, ada.pat, flow.user_code)
        form = {**instance.credentials, "grant_type": DEVICE_CODE, "device_code": flow.device_code}
        answers = await asyncio.gather(*(async_client.post("/oauth2/token", data=form) for _ in range(50)))
        assert Counter(each.status_code for each in answers) == {200: 1, 400: 49}
        assert {each.json()["error"] for each in answers if each.status_code == 400} == {"invalid_grant"}
        for table in ("session", "access_token"):
            query = (
                f"SELECT count(*) AS n FROM {table} t JOIN instance i ON i.id = t.instance_id "
                "WHERE i.client_id = $1"
            )
            assert rows(server_database, query, instance.client_id)[0]["n"] == 1

    def test_a_person_disabled_after_approving_gets_no_tokens(
        self, client: CheckedClient, admin: Administration
    ) -> None:
        leaver = Person.create(admin, "leaver")
        instance = Instance.register(client, key=leaver.key)
        flow = instance.start_device_flow()
        approve(client, leaver.pat, flow.user_code)
        admin.run("user", "disable", "--user", leaver.email)
        assert instance.poll(flow).json()["error"] == "invalid_grant"

    def test_a_person_who_left_the_workspace_after_approving_gets_no_tokens(
        self,
        client: CheckedClient,
        admin: Administration,
        instance: Instance,
        ada: Person,
        server_database: str,
    ) -> None:
        leaver = Person.create(admin, "leaver")  # who keeps a workspace of their own
        place = (ada.workspace_id, leaver.id)
        execute(
            server_database,
            "INSERT INTO workspace_member (workspace_id, user_id, created_at) VALUES ($1, $2, now())",
            *place,
        )
        flow = instance.start_device_flow()
        assert approve(client, leaver.pat, flow.user_code).status_code == 200
        execute(
            server_database, "DELETE FROM workspace_member WHERE workspace_id = $1 AND user_id = $2", *place
        )
        assert instance.poll(flow).json()["error"] == "invalid_grant"

    def test_a_deleted_instance_gets_no_tokens(
        self, client: CheckedClient, admin: Administration, instance: Instance, ada: Person
    ) -> None:
        flow = instance.start_device_flow()
        approve(client, ada.pat, flow.user_code)
        admin.run("instance", "delete", "--client-id", instance.client_id)
        assert instance.poll(flow).json()["error"] == "invalid_client"


def _grant(url: str, instance: Instance) -> dict[str, object]:
    query = "SELECT g.* FROM device_grant g JOIN instance i ON i.id = g.instance_id WHERE i.client_id = $1"
    return rows(url, query, instance.client_id)[0]


def _time_passes(url: str, instance: Instance, *, seconds: int) -> None:
    execute(
        url,
        "UPDATE device_grant SET last_polled_at = last_polled_at - make_interval(secs => $2) "
        "WHERE instance_id = "
        "(SELECT id FROM instance WHERE client_id = $1)",
        instance.client_id,
        float(seconds),
    )
