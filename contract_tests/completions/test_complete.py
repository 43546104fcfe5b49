"""`complete`: what it answers, what it sends, what it costs."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.assistant.answers import (
    WORDS,
    Answer,
    Step,
    after,
    error,
    normal,
    status,
)
from contract_tests.completions.world import (
    COMPLETE,
    DEAR,
    FREE,
    MODEL,
    MONTHLY,
    PROVIDER,
    Asker,
    World,
)
from contract_tests.harness.instances import Instance
from contract_tests.harness.stored import execute, rows

SAID = "".join(WORDS)
PER_CALL = 250_000


def answered(prompt: int, completion: int, words: tuple[str, ...] = WORDS, **more: Any) -> Answer:
    return normal(words, usage={"prompt_tokens": prompt, "completion_tokens": completion}, **more)


class TestComplete:
    @pytest.mark.promise("C7", "K6")
    def test_gives_the_answer_and_what_is_left(self, lab: World, ada: Asker) -> None:
        before = ada.balance
        answer = ada.ask()
        assert answer.status_code == 200
        assert answer.json() == {
            "model": MODEL,
            "messages": [{"role": "assistant", "content": SAID}],
            "finish_reason": "stop",
            "usage": {
                "balance": before - 18,
                "credits": 18,
                "prompt_tokens": 11,
                "completion_tokens": 7,
                "estimated": False,
            },
        }
        assert ada.usage() == {"balance": before - 18, "reserved": 0}

    @pytest.mark.promise("C14")
    def test_sends_exactly_what_is_declared(self, lab: World, ada: Asker) -> None:
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Ünïcode?"}]
        answer = ada.ask(messages=messages, max_tokens=50, temperature=0.5, user="someone", n=4)
        assert answer.status_code == 200
        asked = lab.upstream.asked[-1]
        assert asked.json == {
            "model": MODEL,
            "messages": messages,
            "max_tokens": 50,
            "temperature": 0.5,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        everything = (asked.head + asked.body).decode()
        for private in (ada.person.id, ada.person.email, ada.headers["Authorization"][7:], "127.0.0.1:80"):
            assert private not in everything

    def test_keeps_a_row_of_numbers(self, lab: World) -> None:
        asker = lab.asker("ben")
        asker.ask()
        (row,) = lab.calls_of(asker)
        assert row["model"] == MODEL
        assert (row["prompt_tokens"], row["completion_tokens"], row["credits"]) == (11, 7, 18)
        assert (row["estimated"], row["error_code"], row["absorbed"]) == (False, None, 0)
        assert 0 <= row["latency_ms"] < 10_000

    @pytest.mark.parametrize("place", ["last", "choice"])
    def test_is_billed_alike_wherever_usage_stands(self, lab: World, ada: Asker, place: str) -> None:
        lab.upstream.play(answered(100, 20, place=place))
        assert ada.ask().json()["usage"]["credits"] == 120

    def test_bills_cached_tokens_once(self, lab: World, ada: Asker) -> None:
        usage = {"prompt_tokens": 90, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 80}}
        lab.upstream.play(normal(usage=usage))
        assert ada.ask("a" * 400).json()["usage"]["credits"] == 99

    def test_estimates_when_usage_is_never_said(self, lab: World, ada: Asker) -> None:
        lab.upstream.play(normal(place="nowhere"))
        usage = ada.ask("x" * 40).json()["usage"]
        assert usage["estimated"] is True
        assert (usage["prompt_tokens"], usage["completion_tokens"]) == (10, -(-len(SAID) // 4))

    def test_multiplies_by_the_model_s_price(self, lab: World, ada: Asker) -> None:
        assert ada.ask(model=DEAR).json()["usage"]["credits"] == 180

    def test_costs_nothing_with_a_free_model(self, lab: World) -> None:
        nobody = lab.with_credits(0)
        answer = nobody.ask(model=FREE)
        assert answer.status_code == 200
        assert answer.json()["usage"]["credits"] == 0

    def test_charges_nothing_for_an_empty_answer(self, lab: World, ada: Asker) -> None:
        lab.upstream.play(answered(11, 0, words=(), finish="content_filter"))
        answer = ada.ask()
        assert answer.json()["finish_reason"] == "content_filter"
        assert answer.json()["usage"]["credits"] == 0


class TestCompleteIsPaidInAdvance:
    def test_a_small_balance_is_served_and_the_answer_cut(self, lab: World) -> None:
        poor = lab.with_credits(100)
        lab.upstream.play(answered(5, 60, finish="length"))
        answer = poor.ask("hi")
        assert answer.status_code == 200
        assert answer.json()["finish_reason"] == "length"
        bound = lab.upstream.asked[-1].json["max_tokens"]
        assert 16 <= bound < 100
        assert answer.json()["usage"]["balance"] == 35

    def test_what_was_used_beyond_is_the_house_s(self, lab: World) -> None:
        poor = lab.with_credits(100)
        lab.upstream.play(answered(5, 900))
        answer = poor.ask("hi")
        assert answer.json()["usage"] | {"credits": 100, "balance": 0} == answer.json()["usage"]
        assert lab.calls_of(poor)[-1]["absorbed"] == 805
        assert lab.books_balance()

    @pytest.mark.promise("K6")
    def test_less_than_a_short_answer_costs_is_refused(self, lab: World) -> None:
        poor = lab.with_credits(20)
        answer = poor.ask("hi")
        assert answer.status_code == 402
        assert answer.headers["x-should-retry"] == "false"
        told = answer.json()
        assert (told["error"], told["available"]) == ("insufficient_credits", 20)
        assert told["required"] > 20
        assert lab.upstream.asked == []

    @pytest.mark.promise("K6")
    def test_fifty_at_once_spend_no_more_than_there_is(self, lab: World) -> None:
        poor = lab.with_credits(150)
        with lab.upstream.always(answered(11, 60, pause_s=0.02)), ThreadPoolExecutor(50) as threads:
            answers = list(threads.map(lambda _: poor.ask("hi", max_tokens=60), range(50)))
        assert {each.status_code for each in answers} <= {200, 402, 429}
        paid = sum(each.json()["usage"]["credits"] for each in answers if each.status_code == 200)
        assert poor.balance == 150 - paid >= 0
        assert lab.holds(poor) == 0
        assert lab.books_balance()

    def test_no_more_calls_at_once_than_a_person_may_have(self, lab: World) -> None:
        asker = lab.asker("many")
        with lab.upstream.always(answered(5, 5, before_s=0.5)), ThreadPoolExecutor(6) as threads:
            answers = list(threads.map(lambda _: asker.ask(), range(6)))
        refused = [each for each in answers if each.status_code == 429]
        assert refused
        assert {each.json()["error"] for each in refused} == {"too_many_calls"}
        assert sum(each.status_code == 200 for each in answers) >= 4

    def test_a_huge_bound_sets_aside_no_more_than_one_call_may_cost(self, lab: World) -> None:
        """A second call runs on the rest."""
        asker = lab.asker("greedy")
        assert asker.balance == MONTHLY
        lab.add_model("vast", 1, context=2_000_000, max_output=1_500_000)
        with lab.upstream.always(answered(5, 5, before_s=1)), ThreadPoolExecutor(2) as threads:
            asked = threads.submit(asker.ask, model="vast", max_tokens=1_048_576)
            assert lab.upstream.wait(lambda: len(lab.upstream.asked) == 1)
            assert asker.usage() == {"balance": MONTHLY, "reserved": PER_CALL}
            second = threads.submit(asker.ask, model="vast", max_tokens=1_048_576)
            answers = asked.result(), second.result()
        assert [each.status_code for each in answers] == [200, 200]


class TestCompleteRefuses:
    @pytest.mark.promise("C7")
    def test_a_plan_without_the_assistant(self, lab: World) -> None:
        answer = lab.asker("basic", plan="basic").ask()
        assert (answer.status_code, answer.json()["error"]) == (403, "not_in_plan")

    def test_a_token_without_the_scope(self, lab: World, ada: Asker) -> None:
        instance = Instance.register(lab.client, key=ada.person.key)
        headers = instance.sign_in(ada.person.pat, "profile:read").bearer
        body = {"model": MODEL, "messages": [{"role": "user", "content": "?"}]}
        answer = lab.client.post(COMPLETE, json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    @pytest.mark.parametrize("model", ["", "no-such-model", "demo", "smollm2-135m-instruct"])
    def test_a_model_that_is_not_offered(self, lab: World, ada: Asker, model: str) -> None:
        answer = ada.ask(model=model)
        assert (answer.status_code, answer.json()["error"]) == (404, "unknown_model")

    def test_messages_that_one_request_may_not_cost(self, lab: World, ada: Asker) -> None:
        lab.add_model("gold", 10_000)
        answer = ada.ask(model="gold")
        assert (answer.status_code, answer.json()["error"]) == (413, "request_too_expensive")

    @pytest.mark.parametrize(
        "members",
        [
            {"messages": []},
            {"messages": [{"role": "tool", "content": "?"}]},
            {"messages": [{"role": "user", "content": "?"}] * 1001},
            {"messages": [{"role": "user"}]},
            {"max_tokens": 0},
            {"max_tokens": -5},
            {"temperature": 2.5},
        ],
    )
    def test_what_the_contract_does_not_allow(self, lab: World, ada: Asker, members: dict[str, Any]) -> None:
        assert ada.ask(**members).status_code == 400
        assert lab.upstream.asked == []


FAILURES = [
    (status(500, b"oops"), 502, "provider_failed", "failed"),
    (status(503, b"oops"), 502, "provider_failed", "failed"),
    (error(429, "rate_limit_exceeded", "slow down"), 503, "provider_busy", "overloaded"),
    (error(429, "rate_limit_exceeded", "slow down", "Retry-After: 17"), 503, "provider_busy", "overloaded"),
    (error(401, "invalid_api_key", "no"), 502, "provider_failed", "key_refused"),
    (error(404, "model_not_found", "no"), 502, "provider_failed", "unknown_model"),
    (error(400, "context_length_exceeded", "no"), 413, "messages_too_long", "too_long"),
    (error(422, "odd", "no"), 502, "provider_refused", "refused"),
    (status(200, b"{not json"), 502, "provider_failed", "invalid"),
    (after(3, Step.CLOSE), 502, "provider_failed", "cut_off"),
    (after(3, Step.RESET), 502, "provider_failed", "cut_off"),
    (normal(done=False, finish=None), 502, "provider_failed", "cut_off"),
    (status(302, b"", "Location: http://127.0.0.1:9/"), 502, "provider_failed", "invalid"),
]


class TestCompleteWhenTheProviderFails:
    @pytest.mark.parametrize(("upstream", "status_code", "word", "code"), FAILURES)
    def test_it_costs_nothing(
        self, lab: World, ada: Asker, upstream: Answer, status_code: int, word: str, code: str
    ) -> None:
        before = ada.balance
        with lab.upstream.always(upstream):
            answer = ada.ask()
        assert (answer.status_code, answer.json()["error"]) == (status_code, word)
        assert ada.usage() == {"balance": before, "reserved": 0}
        row = lab.calls_of(ada)[-1]
        assert (row["error_code"], row["credits"]) == (code, 0)
        assert lab.books_balance()

    def test_when_to_come_back_is_passed_on(self, lab: World, ada: Asker) -> None:
        with lab.upstream.always(error(429, "rate_limit_exceeded", "slow down", "Retry-After: 17")):
            assert ada.ask().headers["Retry-After"] == "17"


def test_the_operator_hears_of_a_key_that_is_refused(lab: World, ada: Asker) -> None:
    with lab.upstream.always(error(401, "invalid_api_key", "no")):
        answer = ada.ask()
    told = [each for each in lab.server.events if each["event"] == "provider_refused"]
    assert told[-1]["request_id"] == answer.headers["X-Request-Id"]


def _spoilt(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def test_a_key_that_nobody_can_open_is_the_operator_s_to_mend(lab: World) -> None:
    asker = lab.asker("locked")
    before = asker.balance
    (kept,) = rows(lab.url, "SELECT key_sealed FROM provider_key WHERE provider = $1", PROVIDER)
    change = "UPDATE provider_key SET key_sealed = $1 WHERE provider = $2"
    execute(lab.url, change, _spoilt(kept["key_sealed"]), PROVIDER)
    try:
        answer = asker.ask()
    finally:
        execute(lab.url, change, kept["key_sealed"], PROVIDER)
    assert (answer.status_code, answer.json()["error"]) == (502, "provider_failed")
    assert asker.usage() == {"balance": before, "reserved": 0}
    assert lab.server.events[-1]["event"] == "provider_refused"
    assert lab.upstream.asked == []


def test_what_is_sent_is_json_of_the_declared_members_only(lab: World, ada: Asker) -> None:
    ada.ask("plain")
    sent = lab.upstream.asked[-1]
    assert json.loads(sent.body).keys() == {"model", "messages", "max_tokens", "stream", "stream_options"}
