"""One question to one endpoint: what is sent, and the answer portion by portion, within the time limits.

Nothing that the SDK or HTTP raises leaves here, or hangs on what does: it may hold the question or the
answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import orjson
from openai import OpenAIError

from api.gateways.assistant.client import Client
from api.gateways.assistant.limits import Limits
from api.gateways.assistant.patience import Patience
from api.gateways.assistant.reading import Reading
from api.gateways.assistant.sse import Events, NoEvents
from handlers.ports import End, Piece, Question, UpstreamFailed

_BROKEN: Final = (OpenAIError, httpx2.HTTPError, httpx2.StreamError, OSError)
"""What is raised when there is no connection, or none any more. TimeoutError, which is an OSError, comes
before it."""

_BYTES_PER_TOKEN: Final = 2_048  # with all that is said beside it
_BYTES_BESIDE: Final = 262_144
_REST_S: Final = 0.1


_OPENAI: Final = "openai"
_OPENAI_HOST: Final = "api.openai.com"


class Call:
    """`first` gives the first portion that is not empty, `next` those after it; the last ends with End. To be
    closed in any case, which closes the connection unless the answer is whole.
    """

    def __init__(self, client: Client, question: Question, limits: Limits, *, began: float) -> None:
        """`began` is when the question was asked for the first time, by the loop's clock."""
        self._client = client
        self._question = question
        self._limits = limits
        self._began = began
        self._response: httpx2.Response | None = None
        self._portions: AsyncGenerator[bytes, None] | None = None
        self._clock = asyncio.get_running_loop().time
        self._patience = Patience(until=began + limits.first_s)
        self._events = Events()
        self._reading = Reading()
        self._bytes_left = _BYTES_BESIDE + _BYTES_PER_TOKEN * question.max_tokens

    async def first(self) -> list[Piece | End]:
        """Ask. Raises UpstreamFailed."""
        failed: UpstreamFailed | None = None
        try:
            with self._patience:
                self._response = await self._client.ask(_body(self._question))
        except UpstreamFailed as failure:
            failed = UpstreamFailed(failure.fault, retry_after_s=failure.retry_after_s)
        except TimeoutError:
            failed = UpstreamFailed("timeout")
        except _BROKEN:
            pass
        if self._response is None:
            raise failed or UpstreamFailed("unreachable")
        self._portions = self._response.aiter_raw()
        return await self._portion()

    async def next(self) -> list[Piece | End]:
        """What comes after that. Raises UpstreamFailed."""
        self._patience.until = min(self._clock() + self._limits.between_s, self._began + self._limits.total_s)
        return await self._portion()

    async def close(self) -> None:
        """Let go of the connection, which is good for another question if the answer came to its end."""
        try:
            if self._reading.ended and self._portions is not None:
                await self._drain(self._portions)
        finally:
            self._patience.close()
            if self._response is not None:
                await self._response.aclose()

    async def _portion(self) -> list[Piece | End]:
        assert self._portions is not None, "first comes first"
        if self._reading.failed is not None:
            raise self._reading.failed
        while True:
            try:
                with self._patience:
                    portion = await anext(self._portions, None)
            except TimeoutError:
                break
            except _BROKEN:
                portion = None
            found = self._read(portion)
            if portion is None and not self._reading.ended:
                found.append(self._reading.over())
            if found:
                return found
        raise UpstreamFailed("timeout")  # out of reach of what it took the place of

    async def _drain(self, portions: AsyncGenerator[bytes, None]) -> None:
        """The end of the body, if it is here already."""
        self._patience.until = self._clock() + _REST_S
        with suppress(TimeoutError, *_BROKEN):
            while True:
                with self._patience:
                    if await anext(portions, None) is None:
                        return

    def _read(self, portion: bytes | None) -> list[Piece | End]:
        """What a portion adds, or with None the end. Raises UpstreamFailed."""
        self._bytes_left -= len(portion or b"")
        events: Sequence[bytes] = ()
        try:
            events = self._events.finish() if portion is None else self._events.feed(portion)
        except NoEvents:
            self._bytes_left = -1
        if self._bytes_left < 0:
            raise UpstreamFailed("invalid")
        return self._reading.take(events)


def _body(question: Question) -> bytes:
    """Exactly what leaves."""
    said: dict[str, Any] = {
        "model": question.model,
        "messages": [{"role": each.role, "content": each.content} for each in question.messages],
        _name_of_bound(question): question.max_tokens,
    }
    if question.temperature is not None:
        said["temperature"] = question.temperature
    return orjson.dumps(said | {"stream": True, "stream_options": {"include_usage": True}})


def _name_of_bound(question: Question) -> str:
    """OpenAI's newer models refuse the name that everybody else knows."""
    host = urlsplit(question.base_url or "").hostname
    is_openai = question.provider == _OPENAI or host == _OPENAI_HOST
    return "max_completion_tokens" if is_openai else "max_tokens"
