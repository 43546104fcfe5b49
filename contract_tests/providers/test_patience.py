"""The operator's settings decide how long an answer may take, and how long it may take to begin."""

from __future__ import annotations

import pytest

from api.settings import Settings
from api.wiring import models_of
from contract_tests.assistant.answers import Answer, Step, normal
from contract_tests.assistant.upstream import Upstream
from contract_tests.providers.conftest import asked, question

WITHIN_S = {"assistant_first_word_s": 1, "assistant_limit_s": 2}
SLOW_TO_BEGIN = normal(before_s=1.5)
SLOW_ALL_ALONG = normal(["a word "] * 9, pause_s=0.3)


@pytest.mark.parametrize(
    ("answer", "settings", "fault"),
    [
        pytest.param([Step.HANG], WITHIN_S, "timeout", id="no word"),
        pytest.param(SLOW_TO_BEGIN, WITHIN_S, "timeout", id="a late word"),
        pytest.param(
            SLOW_TO_BEGIN, {**WITHIN_S, "assistant_first_word_s": 60}, None, id="a late word is awaited"
        ),
        pytest.param(SLOW_ALL_ALONG, WITHIN_S, "timeout", id="a late end"),
        pytest.param(SLOW_ALL_ALONG, {**WITHIN_S, "assistant_limit_s": 60}, None, id="a late end is awaited"),
    ],
)
async def test_is_the_operators(
    upstream: Upstream, answer: Answer, settings: dict[str, int], fault: str | None
) -> None:
    models = models_of(Settings(**settings))  # type: ignore[arg-type]
    try:
        with upstream.always(answer):
            assert (await asked(models, question(upstream.url))).fault == fault
    finally:
        await models.close()
