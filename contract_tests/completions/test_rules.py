"""The rules of the assistant, by themselves: what is set aside, what an answer may be, what a failure is."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.assistant import refusals, tokens
from handlers.assistant.admission import Price, answer_bound, wanted
from handlers.ports import Message, UpstreamFailed, UpstreamFault

PRICES = st.builds(
    lambda credit, output, more: Price(credit, output + more, output),
    st.integers(0, 1_000),
    st.integers(1, 100_000),
    st.integers(1, 200_000),
)
CONVERSATIONS = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), st.text(max_size=400)),
    min_size=1,
    max_size=8,
)
BOUNDS = st.none() | st.integers(1, 1_048_576)


@given(PRICES, CONVERSATIONS, BOUNDS)
def test_what_is_wanted_covers_the_longest_answer_that_is_asked_for(
    price: Price, messages: list[Message], max_tokens: int | None
) -> None:
    call = wanted(price, messages, max_tokens=max_tokens)
    assert 1 <= call.answer <= min(price.max_output, max_tokens or price.max_output)
    assert 0 <= call.least <= call.most <= price.context * price.token_credit
    if price.token_credit and call.prompt + call.answer <= price.context:
        assert answer_bound(call, price, held=call.most) == call.answer


@given(PRICES, CONVERSATIONS, BOUNDS, st.floats(0, 1))
def test_a_hold_buys_no_more_than_it_covers(
    price: Price, messages: list[Message], max_tokens: int | None, part: float
) -> None:
    call = wanted(price, messages, max_tokens=max_tokens)
    held = call.least + int((call.most - call.least) * part)
    bound = answer_bound(call, price, held=held)
    assert 1 <= bound <= call.answer
    if call.prompt + 1 < price.context:
        assert (call.prompt + bound) * price.token_credit <= max(held, call.least)


@pytest.mark.parametrize("text", ["", "word", "Ünïcode", "漢字", "a" * 1_000])
def test_more_is_set_aside_for_a_text_than_it_is_estimated_at(text: str) -> None:
    messages = [Message("user", text)]
    assert tokens.of_messages_at_most(messages) > tokens.of_messages(messages)


@pytest.mark.parametrize("fault", get_args(UpstreamFault))
def test_every_fault_is_an_answer_that_says_whose_it_is(fault: UpstreamFault) -> None:
    failure = refusals.of(UpstreamFailed(fault, retry_after_s=99_999_999))
    expected = {"too_long": 413, "queue_full": 429, "overloaded": 503, "timeout": 504}
    assert failure.status == expected.get(fault, 502)
    if failure.status in (429, 503):
        assert 1 <= int(failure.headers["Retry-After"]) <= 3_600
