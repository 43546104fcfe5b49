"""The same request sent again under its `Idempotency-Key` is asked and paid once."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract_tests.assistant.answers import normal, status
from contract_tests.completions.world import Asker, World


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
