"""The same request sent again under its `Idempotency-Key` is asked and paid once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract_tests.assistant.answers import normal, status
from contract_tests.completions.world import Asker, World
from contract_tests.conftest import GENEROUS
from contract_tests.harness.server import ServerProcess


@pytest.fixture
def key() -> str:
    return secrets.token_hex(16)


@pytest.mark.promise("K6")
class TestSameKey:
    def test_is_answered_again_and_paid_once(self, lab: World, ada: Asker, key: str) -> None:
        before = ada.balance
        first, second = ada.ask(key=key), ada.ask(key=key)
        assert first.status_code == second.status_code == 200
        assert first.json() == second.json()
        assert len(lab.upstream.asked) == 1
        assert ada.balance == before - 18

    def test_fifty_at_once_are_one_call(self, lab: World, ada: Asker, key: str) -> None:
        before = ada.balance
        with lab.upstream.always(normal(before_s=0.3)), ThreadPoolExecutor(50) as threads:
            answers = list(threads.map(lambda _: ada.ask(key=key), range(50)))
        assert {each.status_code for each in answers} == {200}
        assert len({each.text for each in answers}) == 1
        assert len(lab.upstream.asked) == 1
        assert ada.balance == before - 18

    def test_with_another_request_is_refused(self, lab: World, ada: Asker, key: str) -> None:
        ada.ask("one", key=key)
        answer = ada.ask("two", key=key)
        assert (answer.status_code, answer.json()["error"]) == (409, "idempotency_key_reused")
        assert answer.headers["x-should-retry"] == "false"
        assert len(lab.upstream.asked) == 1

    def test_of_another_person_is_another_key(self, lab: World, ada: Asker, key: str) -> None:
        other = lab.asker("other")
        assert ada.ask("one", key=key).status_code == other.ask("two", key=key).status_code == 200

    def test_may_try_again_what_failed(self, lab: World, ada: Asker, key: str) -> None:
        with lab.upstream.always(status(500)):
            assert ada.ask(key=key).status_code == 502
        assert ada.ask(key=key).status_code == 200
        assert [each["error_code"] for each in lab.calls_of(ada)[-2:]] == ["failed", None]

    @pytest.mark.parametrize("key", ["", "with space", "ü", "x" * 256])
    def test_must_be_one(self, lab: World, ada: Asker, key: str) -> None:
        headers = {name.encode(): value.encode() for name, value in ada.headers.items()}
        headers[b"Idempotency-Key"] = key.encode()
        body = {"model": "heron-1", "messages": [{"role": "user", "content": "?"}]}
        assert ada.client.post("/instance/assistant/complete", json=body, headers=headers).status_code == 400


@pytest.fixture(scope="module")
def elsewhere(
    shared_world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Asker], Asker]]:
    """The same person, asking at another server on the same database, under the same key file."""
    server = ServerProcess(
        tmp_path_factory.mktemp("elsewhere") / "data",
        flags={"database-url": shared_world.url},
        variables={**GENEROUS, "CANDOR_KEY_FILE": str(shared_world.server.data_dir / "candor.key")},
    )
    try:
        with server.until_ready().client() as client:
            yield lambda asker: Asker(client, asker.person, asker.headers)
    finally:
        code = server.stop()
    assert code == 0, server.stderr


class TestSameKeyElsewhere:
    """Answers are kept in the memory of the process that gave them: another knows what they cost."""

    def test_says_that_it_was_answered_and_for_how_much(
        self, lab: World, ada: Asker, elsewhere: Callable[[Asker], Asker], key: str
    ) -> None:
        assert ada.ask(key=key).status_code == 200
        before = ada.balance
        answer = elsewhere(ada).ask(key=key)
        assert (answer.status_code, answer.json()["error"]) == (409, "already_answered")
        assert answer.json()["credits"] == 18
        assert answer.headers["x-should-retry"] == "false"
        assert (ada.balance, len(lab.upstream.asked)) == (before, 1)

    def test_says_that_it_is_being_answered(
        self, lab: World, ada: Asker, elsewhere: Callable[[Asker], Asker], key: str
    ) -> None:
        with lab.upstream.always(normal(before_s=2)), ThreadPoolExecutor(1) as thread:
            first = thread.submit(ada.ask, key=key)
            assert lab.upstream.wait(lambda: len(lab.upstream.asked) == 1)
            answer = elsewhere(ada).ask(key=key)
            assert (answer.status_code, answer.json()["error"]) == (409, "idempotency_in_flight")
            assert int(answer.headers["Retry-After"]) > 0
            assert first.result().status_code == 200
        assert len(lab.upstream.asked) == 1

    def test_refuses_another_request(
        self, lab: World, ada: Asker, elsewhere: Callable[[Asker], Asker], key: str
    ) -> None:
        assert ada.ask("one", key=key).status_code == 200
        assert elsewhere(ada).ask("two", key=key).json()["error"] == "idempotency_key_reused"

    def test_tries_again_what_failed(
        self, lab: World, ada: Asker, elsewhere: Callable[[Asker], Asker], key: str
    ) -> None:
        with lab.upstream.always(status(500)):
            assert ada.ask(key=key).status_code == 502
        assert elsewhere(ada).ask(key=key).status_code == 200
