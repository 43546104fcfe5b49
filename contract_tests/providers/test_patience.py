"""The operator's settings decide how long an answer may take, and how long it may take to begin."""

from __future__ import annotations

import pytest

from api.settings import Settings
from api.wiring import models_of
from contract_tests.assistant.answers import Answer, normal
from contract_tests.assistant.upstream import Upstream
from contract_tests.providers.conftest import asked, question

SLOW_TO_BEGIN = normal(before_s=1.3)
SLOW_ALL_ALONG = normal(["a word "] * 5, pause_s=0.3)


@pytest.mark.parametrize(
    ("answer", "first_word_s", "limit_s", "fault"),
    [
        pytest.param(SLOW_TO_BEGIN, 1, 60, "timeout", id="a late word"),
        pytest.param(SLOW_TO_BEGIN, 60, 60, None, id="a late word that is awaited"),
        pytest.param(SLOW_ALL_ALONG, 60, 1, "timeout", id="a late end"),
        pytest.param(SLOW_ALL_ALONG, 1, 60, None, id="a late end that is awaited"),
    ],
)
async def test_is_the_operators(
    upstream: Upstream, answer: Answer, first_word_s: int, limit_s: int, fault: str | None
) -> None:
    models = models_of(Settings(assistant_first_word_s=first_word_s, assistant_limit_s=limit_s))
    try:
        with upstream.always(answer):
            assert (await asked(models, question(upstream.url))).fault == fault
    finally:
        await models.close()
