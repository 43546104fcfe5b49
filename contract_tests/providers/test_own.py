"""The server's own providers: the demo, and the local model where there is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.gateways.assistant import demo
from api.gateways.assistant.local import LocalServer
from api.gateways.assistant.models import Models
from contract_tests.assistant.upstream import KEY, Upstream
from contract_tests.providers.conftest import IMPATIENT, asked, question
from handlers.ports import End, Message, Usage

ASKED = question(None, provider="demo", key=None, max_tokens=1_000)


class TestDemo:
    async def test_says_what_it_is(self, models: Models) -> None:
        said = await asked(models, ASKED)
        assert "demo" in said.text
        assert "no language model" in said.text
        assert len(said.pieces) > 10

    async def test_says_the_same_to_the_same(self, models: Models) -> None:
        assert await asked(models, ASKED) == await asked(models, ASKED)

    async def test_repeats_nothing_of_what_it_was_sent(self, models: Models) -> None:
        assert "héron" not in (await asked(models, ASKED)).text

    async def test_counts_four_bytes_as_a_token(self, models: Models) -> None:
        said = await asked(models, replace(ASKED, messages=[Message("user", "12345"), Message("user", "é")]))
        assert said.end == End("stop", Usage(2 + 1, demo.tokens(said.text)))

    @pytest.mark.parametrize("most", [1, 7, 10])
    async def test_says_no_more_than_it_may(self, models: Models, most: int) -> None:
        said = await asked(models, replace(ASKED, max_tokens=most))
        assert said.end is not None
        assert said.end.finish_reason == "length"
        assert said.end.usage is not None
        assert said.end.usage.completion_tokens == most == demo.tokens(said.text)


class TestLocal:
    async def test_is_there_only_if_set_up(self, models: Models) -> None:
        assert models.own == {"demo"}
        assert (await asked(models, question(None, provider="local", key=None))).fault == "unreachable"

    async def test_is_asked_where_it_is_under_its_key(self, upstream: Upstream) -> None:
        """Whatever address and key a question brings."""
        models = Models(local=lambda: LocalServer(upstream.url, KEY), local_limits=IMPATIENT)
        assert models.own == {"demo", "local"}
        said = await asked(models, question("http://127.0.0.1:9/v1", provider="local", key="sk-another"))
        assert said.end is not None
        await models.close()
