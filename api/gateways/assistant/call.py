"""One question to one endpoint: what is sent, and the answer portion by portion, within the time limits.

Nothing that the SDK or HTTP raises leaves here, or hangs on what does: it may hold the question or the
answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import orjson

from api.gateways.assistant.limits import Limits
from api.gateways.assistant.reading import Reading
from api.gateways.assistant.sse import Events, NoEvents
from handlers.ports import End, Piece, Question, UpstreamFailed

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_T = TypeVar("_T")

_BYTES_PER_TOKEN: Final = 2_048  # with all that is said beside it
_BYTES_BESIDE: Final = 262_144
_REST_S: Final = 0.1


_OPENAI: Final = "openai"
_OPENAI_HOST: Final = "api.openai.com"


class _Broken(Exception):
    """No connection, or none any more."""


class Call:
    """`first` gives the first portion that is not empty, `next` those after it; the last ends with End. To be
    closed in any case, which closes the connection unless the answer is whole.
    """

    def __init__(self, client: AsyncOpenAI, question: Question, limits: Limits, *, began: float) -> None:
        """`began` is when the question was asked for the first time, by the loop's clock."""
        self._client = client
        self._question = question
        self._limits = limits
        self._began = began
        self._response: httpx2.Response | None = None
        self._portions: AsyncGenerator[bytes, None] | None = None
        self._events = Events()
        self._reading = Reading()
        self._bytes_left = _BYTES_BESIDE + _BYTES_PER_TOKEN * question.max_tokens

    async def first(self) -> list[Piece | End]:
        """Ask. Raises UpstreamFailed."""
        import httpx2

        until = self._began + self._limits.first_s
        asking = self._client.post(
            "/chat/completions", cast_to=httpx2.Response, content=_body(self._question), stream=True
        )
        with suppress(_Broken):
            self._response = await _in_time(asking, until)
        if self._response is None:
            raise UpstreamFailed("unreachable")
        self._portions = self._response.aiter_raw()
        return await self._portion(self._portions, until)

    async def next(self) -> list[Piece | End]:
        """What comes after that. Raises UpstreamFailed."""
        assert self._portions is not None, "first comes first"
        now = asyncio.get_running_loop().time()
        until = min(now + self._limits.between_s, self._began + self._limits.total_s)
        return await self._portion(self._portions, until)

    async def close(self) -> None:
        """Let go of the connection, which is good for another question if the answer came to its end."""
        if self._response is None or self._portions is None:
            return
        if self._reading.ended:
            until = asyncio.get_running_loop().time() + _REST_S
            with suppress(UpstreamFailed, _Broken):
                while await _in_time(anext(self._portions, None), until) is not None:
                    pass
        await self._response.aclose()

    async def _portion(self, portions: AsyncGenerator[bytes, None], until: float) -> list[Piece | End]:
        while True:
            try:
                portion = await _in_time(anext(portions, None), until)
            except _Broken:
                portion = None
            found = self._read(portion)
            if portion is None and not self._reading.ended:
                found.append(self._reading.over())
            if found:
                return found

    def _read(self, portion: bytes | None) -> list[Piece | End]:
        """What a portion adds, or with None the end. Raises UpstreamFailed."""
        self._bytes_left -= len(portion or b"")
        try:
            events = self._events.finish() if portion is None else self._events.feed(portion)
        except NoEvents:
            self._bytes_left = -1
        if self._bytes_left < 0:
            raise UpstreamFailed("invalid")
        return self._reading.take(events)


async def _in_time(waited_for: Awaitable[_T], until: float) -> _T:
    """What is waited for. Raises UpstreamFailed, a new one that holds on to nothing, and _Broken."""
    import httpx2
    from openai import OpenAIError

    failed: UpstreamFailed | _Broken
    try:
        async with asyncio.timeout_at(until):
            return await waited_for
    except UpstreamFailed as failure:
        failed = UpstreamFailed(failure.fault, retry_after_s=failure.retry_after_s)
    except TimeoutError:
        failed = UpstreamFailed("timeout")
    except (OpenAIError, httpx2.HTTPError, httpx2.StreamError, OSError):
        failed = _Broken()
    raise failed


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
