"""Who leaves is not answered any more: the connection to the provider ends with the caller's interest."""

from __future__ import annotations

import asyncio
import time

import pytest

from api.gateways.assistant.models import Models
from contract_tests.assistant.answers import DONE, STREAM, Answer, Step, after, normal, piece
from contract_tests.assistant.upstream import Upstream
from contract_tests.providers.conftest import asked, question

ENDLESS: Answer = [STREAM, *[step for _ in range(2_000) for step in (piece("on "), 0.005)]]


class TestLeaving:
    async def test_closing_closes_the_connection(self, models: Models, upstream: Upstream) -> None:
        upstream.play(ENDLESS)
        answer = models.ask(question(upstream.url))
        for _ in range(3):
            await anext(answer)
        left_at = time.monotonic()
        await answer.aclose()
        assert await upstream.until(lambda: bool(upstream.left))
        assert upstream.left[0] - left_at < 1

    @pytest.mark.parametrize(
        "answer", [[Step.HANG], [STREAM, Step.HANG], after(2, Step.HANG), ENDLESS],
        ids=["before the head", "before the first piece", "in silence", "in the middle"],
    )  # fmt: skip
    async def test_cancelling_does(self, models: Models, upstream: Upstream, answer: Answer) -> None:
        upstream.play(answer)
        task = asyncio.create_task(asked(models, question(upstream.url)))
        assert await upstream.until(lambda: len(upstream.asked) == 1)
        await asyncio.sleep(0.2)
        left_at = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await upstream.until(lambda: bool(upstream.left))
        assert upstream.left[0] - left_at < 1
        assert len(upstream.asked) == 1

    async def test_a_timeout_does_too(self, models: Models, upstream: Upstream) -> None:
        upstream.play(after(2, Step.HANG))
        assert (await asked(models, question(upstream.url))).fault == "timeout"
        assert await upstream.until(lambda: bool(upstream.left), within_s=1)

    async def test_an_answer_may_not_go_on_for_ever(self, models: Models, upstream: Upstream) -> None:
        upstream.play(ENDLESS)
        began = time.monotonic()
        said = await asked(models, question(upstream.url))
        assert said.fault == "timeout"
        assert 3.9 < time.monotonic() - began < 6
        assert await upstream.until(lambda: bool(upstream.left), within_s=1)

    async def test_nor_may_it_begin_with_comments_for_ever(self, models: Models, upstream: Upstream) -> None:
        silence = b"7\r\n: ping\n\r\n"
        upstream.play([STREAM, *[step for _ in range(150) for step in (silence, 0.1)]])
        began = time.monotonic()
        assert (await asked(models, question(upstream.url))).fault == "timeout"
        assert time.monotonic() - began < 4


class TestConnections:
    async def test_are_used_again_after_whole_answers(self, models: Models, upstream: Upstream) -> None:
        for _ in range(3):
            assert (await asked(models, question(upstream.url))).end is not None
        assert upstream.connections == 1

    async def test_even_if_the_end_of_the_body_comes_late(self, models: Models, upstream: Upstream) -> None:
        whole = normal()[0]
        assert isinstance(whole, bytes)
        upstream.play([whole.removesuffix(b"0\r\n\r\n"), 0.03, b"0\r\n\r\n"])
        for _ in range(2):
            assert (await asked(models, question(upstream.url))).end is not None
        assert upstream.connections == 1

    async def test_but_not_if_it_never_does(self, models: Models, upstream: Upstream) -> None:
        upstream.play([STREAM + piece("yes", finish="stop") + DONE, Step.HANG])
        began = time.monotonic()
        assert (await asked(models, question(upstream.url))).text == "yes"
        assert time.monotonic() - began < 2
        assert (await asked(models, question(upstream.url))).end is not None
        assert upstream.connections == 2

    async def test_that_the_provider_has_closed_meanwhile_are_no_failure(
        self, models: Models, upstream: Upstream
    ) -> None:
        upstream.play([*normal(), Step.CLOSE])
        for _ in range(2):
            assert (await asked(models, question(upstream.url))).end is not None

    async def test_belong_to_one_key(self, upstream: Upstream) -> None:
        """And no more clients are kept than there is room for, those in use aside."""
        models = Models(most_clients=2)
        upstream.play(ENDLESS)
        answer = models.ask(question(upstream.url))
        await anext(answer)
        for number in range(5):
            said = await asked(models, question(upstream.url, key=f"sk-another-{number}"))
            assert said.fault == "key_refused"
            assert upstream.asked[-1].headers["Authorization"] == f"Bearer sk-another-{number}"
        assert upstream.connections == 6
        assert await anext(answer) is not None
        await answer.aclose()
        await models.close()
