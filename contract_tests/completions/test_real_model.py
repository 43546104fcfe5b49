"""`complete` end to end with a real model, the local one: from an instance's request to the paid answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.gateways.assistant.local_server import weights
from contract_tests.completions.world import MODELS, Asker
from contract_tests.conftest import GENEROUS
from contract_tests.harness.administration import Administration
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import rows
from contract_tests.storage.cluster import SharedCluster

MODEL = "smollm2-135m-instruct"

pytestmark = [
    pytest.mark.real_model,
    pytest.mark.timeout(300),
    pytest.mark.skipif(weights() is None, reason="scripts/in_environment local-model installs it"),
]


@pytest.fixture(scope="module")
def url(cluster: SharedCluster, migrated: str) -> str:
    return cluster.create_database("real_model", like=migrated)


@pytest.fixture(scope="module")
def asker(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """Somebody on a server that runs the local model, and has nothing else to ask."""
    server = ServerProcess(
        tmp_path_factory.mktemp("real_model") / "data",
        flags={"database-url": url},
        variables={**GENEROUS, "CANDOR_LOCAL_MODEL": "yes"},
    )
    try:
        with server.until_ready().client(timeout=120) as client:
            admin = Administration(url)
            person = Person.create(admin, "ada")
            admin.run("subscription", "grant", "--user", person.email, "--plan", "individual")
            instance = Instance.register(client, key=person.key)
            yield Asker(client, person, instance.sign_in(person.pat).bearer)
    finally:
        code = server.stop()
    assert code == 0, server.stderr


@pytest.mark.promise("C7")
def test_it_is_offered_as_what_it_is(asker: Asker) -> None:
    listed = asker.client.get(MODELS, headers=asker.headers).json()["models"]
    assert [(each["id"], each["kind"], each["provider"]) for each in listed] == [(MODEL, "local", "local")]


@pytest.mark.promise("K6")
def test_it_answers_and_is_paid_by_what_it_counted(asker: Asker, url: str) -> None:
    before = asker.balance
    answer = asker.ask("Say in one sentence what a heron is.", model=MODEL, max_tokens=40, temperature=0)
    assert answer.status_code == 200, answer.text
    (message,) = answer.json()["messages"]
    assert message["role"] == "assistant"
    assert len(message["content"].split()) > 3
    usage = answer.json()["usage"]
    assert usage["estimated"] is False
    assert 1 < usage["completion_tokens"] <= 40
    assert usage["credits"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["balance"] == before - usage["credits"] == asker.balance
    (call,) = rows(url, "SELECT model, credits, error_code FROM assistant_call")
    assert call == {"model": MODEL, "credits": usage["credits"], "error_code": None}


def test_what_does_not_fit_costs_nothing(asker: Asker) -> None:
    before = asker.balance
    answer = asker.ask("heron " * 4000, model=MODEL)
    assert (answer.status_code, answer.json()["error"]) == (413, "messages_too_long")
    assert asker.usage() == {"balance": before, "reserved": 0}
