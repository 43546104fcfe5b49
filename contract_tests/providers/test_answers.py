"""Answers that are whole: their pieces, their end, and what they say was used."""

from __future__ import annotations

import pytest

from api.gateways.assistant.models import Models
from contract_tests.assistant.answers import (
    DONE,
    END_OF_BODY,
    STREAM,
    USAGE,
    WORDS,
    Answer,
    Step,
    UsagePlace,
    chunk,
    event,
    normal,
    piece,
)
from contract_tests.assistant.upstream import Upstream
from contract_tests.providers.conftest import asked, question
from handlers.ports import End, Usage

USED = Usage(11, 7)


class TestText:
    async def test_comes_in_its_pieces(self, models: Models, upstream: Upstream) -> None:
        said = await asked(models, question(upstream.url))
        assert said.pieces == list(WORDS)
        assert said.end == End("stop", USED)

    async def test_comes_as_it_is_said(self, models: Models, upstream: Upstream) -> None:
        """The first piece is there before the last was sent."""
        upstream.play([STREAM + piece("one "), Step.HANG])
        answer = models.ask(question(upstream.url))
        assert await anext(answer) is not None
        await answer.aclose()

    async def test_survives_any_cutting_of_the_bytes(self, models: Models, upstream: Upstream) -> None:
        body = b"".join(piece(each) for each in ("h\u00e9ron \u2603 ", "\U0001f426"))
        plain = b"".join(line for line in body.split(b"\r\n")[1::2])
        whole = plain + b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\ndata: [DONE]\n\n'
        upstream.play(
            [STREAM + b"".join(chunk(whole[at : at + 1]) for at in range(len(whole))) + END_OF_BODY]
        )
        said = await asked(models, question(upstream.url))
        assert said.text == "héron ☃ 🐦"
        assert said.end == End("stop", None)

    async def test_comments_and_other_fields_are_passed_over(
        self, models: Models, upstream: Upstream
    ) -> None:
        beside = chunk(b": OPENROUTER PROCESSING\n\nevent: ping\nid: 7\nretry: 10\n\n")
        reasoning = event(
            {"choices": [{"index": 0, "delta": {"reasoning_content": "hm", "role": "assistant"}}]}
        )
        upstream.play(
            [STREAM + beside + reasoning + piece("yes") + piece(None, finish="stop") + DONE + END_OF_BODY]
        )
        said = await asked(models, question(upstream.url))
        assert said.pieces == ["yes"]

    async def test_nothing_is_an_answer_too(self, models: Models, upstream: Upstream) -> None:
        upstream.play(normal([]))
        said = await asked(models, question(upstream.url))
        assert (said.pieces, said.end) == ([], End("stop", USED))


class TestEnd:
    @pytest.mark.parametrize("reason", ["stop", "length", "content_filter"])
    async def test_says_why(self, models: Models, upstream: Upstream, reason: str) -> None:
        upstream.play(normal(finish=reason))
        said = await asked(models, question(upstream.url))
        assert said.end is not None
        assert said.end.finish_reason == reason

    async def test_a_reason_of_their_own_is_an_ordinary_end(self, models: Models, upstream: Upstream) -> None:
        upstream.play(normal(finish="end_turn"))
        assert (await asked(models, question(upstream.url))).end == End("stop", USED)

    @pytest.mark.parametrize("answer", [normal(done=False), normal(finish=None)])
    async def test_done_or_a_reason_is_enough(
        self, models: Models, upstream: Upstream, answer: Answer
    ) -> None:
        upstream.play(answer)
        said = await asked(models, question(upstream.url))
        assert (said.pieces, said.end) == (list(WORDS), End("stop", USED))

    async def test_what_breaks_after_the_reason_was_whole(self, models: Models, upstream: Upstream) -> None:
        upstream.play([STREAM + piece("yes") + piece(None, finish="stop"), Step.RESET])
        said = await asked(models, question(upstream.url))
        assert (said.text, said.end) == ("yes", End("stop", None))


class TestUsage:
    @pytest.mark.parametrize("place", ["last", "choice", "every"])
    async def test_is_read_wherever_it_is(
        self, models: Models, upstream: Upstream, place: UsagePlace
    ) -> None:
        upstream.play(normal(place=place))
        assert (await asked(models, question(upstream.url))).end == End("stop", USED)

    async def test_that_is_missing_is_not_zero(self, models: Models, upstream: Upstream) -> None:
        upstream.play(normal(place="nowhere"))
        assert (await asked(models, question(upstream.url))).end == End("stop", None)

    async def test_from_a_cache_is_counted_once(self, models: Models, upstream: Upstream) -> None:
        usage = {**USAGE, "prompt_tokens_details": {"cached_tokens": 9}, "cached_tokens": 9}
        upstream.play(normal(usage=usage))
        assert (await asked(models, question(upstream.url))).end == End("stop", USED)

    @pytest.mark.parametrize(
        "usage",
        [
            None,
            {},
            [],
            "11",
            {"prompt_tokens": 11},
            {"prompt_tokens": -1, "completion_tokens": 7},
            {"prompt_tokens": 1.5, "completion_tokens": 7},
            {"prompt_tokens": "11", "completion_tokens": 7},
            {"prompt_tokens": True, "completion_tokens": 7},
            {"prompt_tokens": 10**18, "completion_tokens": 7},
        ],
    )
    async def test_that_cannot_be_is_none(self, models: Models, upstream: Upstream, usage: object) -> None:
        upstream.play(normal(usage=usage))
        assert (await asked(models, question(upstream.url))).end == End("stop", None)

    async def test_the_last_word_counts(self, models: Models, upstream: Upstream) -> None:
        growing = [
            event(
                {
                    "choices": [{"delta": {"content": "a"}}],
                    "usage": {"prompt_tokens": 11, "completion_tokens": n},
                }
            )
            for n in (1, 2, 3)
        ]
        upstream.play([STREAM + b"".join(growing) + piece(None, finish="stop") + DONE + END_OF_BODY])
        assert (await asked(models, question(upstream.url))).end == End("stop", Usage(11, 3))
