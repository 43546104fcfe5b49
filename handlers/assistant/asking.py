"""Asking a provider and listening to the answer, up to its end, a failure, or until nobody waits for it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

from handlers.assistant import tokens
from handlers.ports import End, LanguageModels, Piece, Question, UpstreamFailed, Usage

_LONGEST: Final = 1_048_576  # characters: what the contract declares of an answer

ErrorCode = Literal[
    "unreachable",
    "timeout",
    "overloaded",
    "failed",
    "cut_off",
    "invalid",
    "key_refused",
    "unknown_model",
    "too_long",
    "refused",
    "queue_full",
    "cancelled",
    "internal",
]
"""Why a call came to nothing: what is kept of it. `interrupted` is written for servers that died."""


@dataclass(slots=True)
class Heard:
    """What has come of an answer so far."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    end: End | None = None

    @property
    def text(self) -> str:
        """The text. NUL, which JSON can say and nothing here keeps or shows, is replaced."""
        return "".join(self.pieces).replace("\0", "\ufffd")

    def usage(self, question: Question) -> tuple[Usage, bool]:
        """The tokens that were used, and whether that is an estimate of what had come."""
        if self.end is not None and self.end.usage is not None:
            return self.end.usage, False
        said = tokens.of_answer(self.text)
        return Usage(tokens.of_messages(question.messages) if said else 0, said), True


async def listen(models: LanguageModels, question: Question, heard: Heard, *, limit: timedelta) -> None:
    """Ask, and add what comes to `heard`. Raises UpstreamFailed, also when the whole answer takes longer than
    the limit; may be cancelled, which leaves the provider.
    """
    try:
        async with asyncio.timeout(limit.total_seconds()), aclosing(models.ask(question)) as answer:
            async for event in answer:
                _take(event, heard)
    except TimeoutError:
        raise UpstreamFailed("timeout") from None
    if heard.end is None:
        raise UpstreamFailed("cut_off")


def _take(event: Piece | End, heard: Heard) -> None:
    if isinstance(event, End):
        heard.end = event
        return
    heard.pieces.append(event.text)
    heard.length += len(event.text)
    if heard.length > _LONGEST:
        raise UpstreamFailed("invalid")
