"""An endpoint on a socket, and the real gateway in front of it, with little patience."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

import pytest

from api.gateways.assistant.limits import Limits
from api.gateways.assistant.models import Models
from contract_tests.assistant.upstream import KEY, Upstream
from handlers.ports import End, Message, Piece, Question, UpstreamFailed

IMPATIENT = Limits(connect_s=2, first_s=2.5, between_s=1, total_s=4, at_once=4, waiting=2, wait_s=1)


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a question: the pieces, the end, or the failure."""

    pieces: list[str]
    end: End | None
    failure: UpstreamFailed | None

    @property
    def text(self) -> str:
        """The pieces, put together."""
        return "".join(self.pieces)

    @property
    def fault(self) -> str | None:
        """Why there is no end."""
        return None if self.failure is None else self.failure.fault


def question(url: str | None, **changes: object) -> Question:
    """A question for the provider at that address."""
    messages = [Message("system", "Be brief."), Message("user", "Where is the héron?")]
    whole = Question("simulated", url, KEY, "sim-1", messages, max_tokens=64, temperature=None)
    return replace(whole, **changes)  # type: ignore[arg-type]


async def asked(models: Models, asks: Question) -> Said:
    """Ask, and take everything that comes."""
    pieces: list[str] = []
    end: End | None = None
    try:
        async for each in models.ask(asks):
            assert end is None, "the end is the end"
            if isinstance(each, Piece):
                pieces.append(each.text)
            else:
                end = each
    except UpstreamFailed as failure:
        return Said(pieces, None, failure)
    return Said(pieces, end, None)


@pytest.fixture(scope="session")
def shared_upstream() -> Iterator[Upstream]:
    """One simulator for all tests."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(shared_upstream: Upstream) -> Upstream:
    """Which has not been asked yet."""
    shared_upstream.forget()
    return shared_upstream


@pytest.fixture
async def models() -> AsyncIterator[Models]:
    """The gateway."""
    models = Models(limits=IMPATIENT)
    yield models
    await models.close()
