"""The line in front of a provider: so many at once, so many who wait, and nobody for long."""

from __future__ import annotations

import asyncio

from api.gateways.assistant.models import Models
from contract_tests.assistant.answers import Step, normal
from contract_tests.assistant.upstream import Upstream
from contract_tests.providers.conftest import IMPATIENT, asked, question

AT_ONCE, WAITING = IMPATIENT.at_once, IMPATIENT.waiting
SLOW = normal(before_s=0.25)


class TestLine:
    async def test_no_more_are_under_way_than_may_be(self, models: Models, upstream: Upstream) -> None:
        upstream.play(*[SLOW] * (AT_ONCE + WAITING))
        all_said = await asyncio.gather(
            *(asked(models, question(upstream.url)) for _ in range(AT_ONCE + WAITING))
        )
        assert all(said.end is not None for said in all_said)
        assert upstream.most_under_way == AT_ONCE

    async def test_one_more_is_sent_away_at_once(self, models: Models, upstream: Upstream) -> None:
        upstream.play(*[SLOW] * (AT_ONCE + WAITING))
        first = [asyncio.create_task(asked(models, question(upstream.url))) for _ in range(AT_ONCE + WAITING)]
        await asyncio.sleep(0)
        assert (await asked(models, question(upstream.url))).fault == "queue_full"
        assert all(said.end is not None for said in await asyncio.gather(*first))
        assert len(upstream.asked) == AT_ONCE + WAITING

    async def test_who_waits_for_too_long_is_too(self, models: Models, upstream: Upstream) -> None:
        upstream.play(*[[Step.HANG]] * AT_ONCE)
        first = [asyncio.create_task(asked(models, question(upstream.url))) for _ in range(AT_ONCE)]
        assert await upstream.until(lambda: len(upstream.asked) == AT_ONCE)
        assert (await asked(models, question(upstream.url))).fault == "queue_full"
        assert {said.fault for said in await asyncio.gather(*first)} == {"timeout"}

    async def test_another_provider_has_a_line_of_its_own(self, models: Models, upstream: Upstream) -> None:
        upstream.play(*[[Step.HANG]] * AT_ONCE)
        first = [asyncio.create_task(asked(models, question(upstream.url))) for _ in range(AT_ONCE)]
        assert await upstream.until(lambda: len(upstream.asked) == AT_ONCE)
        assert (await asked(models, question(upstream.url, provider="another"))).end is not None
        for each in first:
            each.cancel()

    async def test_who_leaves_the_line_or_fails_makes_room(self, models: Models, upstream: Upstream) -> None:
        for _ in range(3):
            upstream.play(*[[Step.HANG]] * AT_ONCE)
            crowd = [
                asyncio.create_task(asked(models, question(upstream.url))) for _ in range(AT_ONCE + WAITING)
            ]
            await upstream.until(lambda: upstream.under_way == AT_ONCE)
            for each in reversed(crowd):
                each.cancel()
            await asyncio.gather(*crowd, return_exceptions=True)
            assert await upstream.until(lambda: upstream.under_way == 0)
        all_said = await asyncio.gather(*(asked(models, question(upstream.url)) for _ in range(AT_ONCE)))
        assert all(said.end is not None for said in all_said)
