"""A hundred thousand registrations of nobody: the table ends at its cap, refusals leave nothing behind, and
whoever was there before, or has a key, does not notice.

How long the others wait meanwhile, and afterwards, is measured by `scripts/bench spam`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import uvloop

from contract_tests.harness.checking import check
from contract_tests.harness.flood import Flooded, flood
from contract_tests.harness.instances import GRANT_TYPES, SCOPE, Instance, Tokens, approve, bearer
from contract_tests.harness.lanes import Lanes, opened
from contract_tests.harness.people import Person
from contract_tests.harness.plans import Plan, plan
from contract_tests.harness.schedule import scheduled
from contract_tests.harness.stored import execute, rows
from contract_tests.storage.cluster import SharedCluster
from contract_tests.throttles.conftest import Cloud, at, running
from contract_tests.throttles.spam import ALL, LOUD, quiet_address, registrations
from handlers import secret
from persistence import credentials, registration, unclaimed
from persistence.database import Database

CAP, QUOTA = 10_000, 20
LOUD_ONES = ALL * 2 // 5
OVER_QUOTA = LOUD_ONES - LOUD * QUOTA
BEYOND_CAP = ALL - OVER_QUOTA - CAP
OTHERS_EVERY = 500  # answers to the flood for one call of each kind by somebody else
CONNECTIONS = 32

UNCLAIMED = "SELECT count(*) AS n FROM instance WHERE workspace_id IS NULL"
COUNTERS = "SELECT count(*) AS n FROM attempt"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody who was there before: a person signed in to an instance, and an instance still waiting."""

    person: Person
    instance: Instance
    tokens: Tokens
    waiting: Instance


@pytest.fixture(scope="module")
def flooded_cloud(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """With a server's own limits."""
    with running(cluster, migrated, tmp_path_factory.mktemp("flooded")) as made:
        yield made


@pytest.fixture
def neighbour(flooded_cloud: Cloud) -> Neighbour:
    person = flooded_cloud.person("ada")
    instance = Instance.register(flooded_cloud.client, key=person.key)
    return Neighbour(person, instance, instance.sign_in(person.pat), Instance.register(flooded_cloud.client))


@pytest.mark.timeout(600)
async def test_a_hundred_thousand_registrations_leave_what_others_have_and_a_bounded_table(
    flooded_cloud: Cloud, neighbour: Neighbour
) -> None:
    cloud = flooded_cloud
    before = plans(cloud, neighbour)
    found, others = await asyncio.to_thread(on_a_loop_of_its_own, cloud, neighbour)

    # Every answer: admitted up to the cap, refused above quota or cap, and always told when to come back.
    assert found.statuses == {201: CAP - 1, 429: OVER_QUOTA, 503: BEYOND_CAP + 1}
    assert found.without_retry_after == 0
    for status, fields, body in found.kept:
        request = httpx.Request("POST", f"{cloud.server.url}/oauth2/register")
        check(httpx.Response(status, headers=fields, content=body, request=request))

    # What is stored: the cap exactly, and a counter for each address that has an instance there.
    assert rows(cloud.url, UNCLAIMED)[0]["n"] == CAP
    assert rows(cloud.url, COUNTERS)[0]["n"] == LOUD + (CAP - 1 - LOUD * QUOTA) + 2

    # The others: every call of theirs was answered, and costs the database what it cost before.
    assert others == {200: others.total()}
    assert others.total() >= 3 * (ALL // OTHERS_EVERY)
    assert_nothing_was_lost(cloud, neighbour)
    for name, now in plans(cloud, neighbour).items():
        assert not now.scanned & {"instance", "access_token", "attempt"}, name
        assert now.pages <= before[name].pages + 8, name

    await assert_their_time_ends(cloud, neighbour)


def on_a_loop_of_its_own(cloud: Cloud, neighbour: Neighbour) -> tuple[Flooded, Counter[int]]:
    """The flood, with little to do for who sends it, so that the server is what is kept busy."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(flood_with_others(cloud, neighbour))


async def flood_with_others(cloud: Cloud, neighbour: Neighbour) -> tuple[Flooded, Counter[int]]:
    """The flood, and every so many of its answers a call of each kind by the neighbour."""
    due: asyncio.Queue[bool] = asyncio.Queue()

    def answered(number: int) -> None:
        if number % OTHERS_EVERY == 0:
            due.put_nowait(True)

    async with opened(cloud.server.url, 2) as http:
        calling = asyncio.create_task(call_when_due(http, neighbour, due))
        found = await flood(cloud.server.url, registrations(), connections=CONNECTIONS, answered=answered)
        due.put_nowait(False)
        return found, await calling


async def call_when_due(http: Lanes, neighbour: Neighbour, due: asyncio.Queue[bool]) -> Counter[int]:
    own = bearer(neighbour.instance.own_token())
    form = {**neighbour.instance.credentials, "grant_type": "client_credentials"}
    statuses: Counter[int] = Counter()
    while await due.get():
        answers = (
            await http.get("/instance/user/session", headers=neighbour.tokens.bearer),
            await http.post("/instance/alive", headers=own),
            await http.post("/oauth2/token", data=form),
        )
        statuses.update(each.status_code for each in answers)
    return statuses


def assert_nothing_was_lost(cloud: Cloud, neighbour: Neighbour) -> None:
    """With the table full: signing in, refreshing, registering with a key and being claimed all work."""
    newcomer = Instance.register(cloud.client, key=neighbour.person.key)
    assert newcomer.sign_in(neighbour.person.pat).access_token
    assert neighbour.instance.refresh(neighbour.tokens.refresh_token).status_code == 200
    waiting = neighbour.waiting
    assert waiting.own_token()
    cloud.admin.run(
        "instance", "claim", "--client-id", waiting.client_id, "--user", neighbour.person.email, "--name", "b"
    )
    flow = waiting.start_device_flow()
    assert approve(cloud.client, neighbour.person.pat, flow.user_code).status_code == 200


async def assert_their_time_ends(cloud: Cloud, neighbour: Neighbour) -> None:
    """A day later the first to come finds room, and the job leaves nobody who is unclaimed."""
    execute(cloud.url, "UPDATE instance SET registered_at = registered_at - interval '25 hours'")
    execute(cloud.url, "UPDATE attempt SET window_started_at = window_started_at - interval '25 hours'")
    headers = at(quiet_address(1))
    body = {"grant_types": GRANT_TYPES, "scope": SCOPE}
    answer = await asyncio.to_thread(cloud.client.post, "/oauth2/register", json=body, headers=headers)
    assert answer.status_code == 201
    job = scheduled()["remove_expired"]
    database = await Database.connect(cloud.url, pool_size=2)
    try:
        await job.run(database, datetime.now(UTC))
    finally:
        await database.close()
    assert rows(cloud.url, UNCLAIMED)[0]["n"] == 1
    claimed = rows(cloud.url, "SELECT count(*) AS n FROM instance WHERE workspace_id IS NOT NULL")
    assert claimed[0]["n"] == 3
    assert neighbour.instance.own_token()


def plans(cloud: Cloud, neighbour: Neighbour) -> dict[str, Plan]:
    """What the others' calls, and a refusal, cost the database."""
    now = datetime.now(UTC)
    return {
        "who calls": plan(
            cloud.url,
            credentials._ACTIVE_ACCESS_TOKEN,
            token_hash=secret.digest(neighbour.tokens.access_token),
            now=now,
            operation="get_session",
            recorded_since=now - timedelta(hours=1),
        ),
        "which client": plan(cloud.url, registration._CLIENT, client_id=neighbour.instance.client_id),
        "a refusal": plan(
            cloud.url,
            unclaimed._OUTLOOK,
            subject="172.16.0.0",
            window_before=now - timedelta(hours=1),
            cap=CAP,
            full_since=now - timedelta(seconds=1),
        ),
    }
