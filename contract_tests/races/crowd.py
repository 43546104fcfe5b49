"""Fifty requests at the same moment: the connections are open before the first of them is sent."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

import httpx

from contract_tests.harness.lanes import Lanes

FIFTY = 50


async def fifty(http: Lanes, path: str, *forms: Mapping[str, str]) -> list[httpx.Response]:
    """Fifty POSTs at once, the forms in turn. The answers in the order of sending."""
    calls = (http.post(path, data=forms[turn % len(forms)]) for turn in range(FIFTY))
    return await asyncio.gather(*calls)


def told(answers: Iterable[httpx.Response]) -> Counter[str]:
    """How often each outcome was answered: `200`, `400 invalid_grant`."""
    return Counter(_outcome(each) for each in answers)


def _outcome(answer: httpx.Response) -> str:
    if answer.is_success:
        return str(answer.status_code)
    return f"{answer.status_code} {answer.json()['error']}"
