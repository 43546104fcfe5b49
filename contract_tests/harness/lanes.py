"""Many calls over a fixed number of kept connections, for races and floods: what a call costs here is little
beside what it costs the server, so that the server is what is kept busy.

Each connection carries one request at a time. The head of a request is written as it is, without what an HTTP
library would add. Answers are held against the contract like those of every other client of the tests.
"""

from __future__ import annotations

import asyncio
import json as json_format
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlencode, urlsplit

import httpx

from contract_tests.harness.answer_reader import AnswerReader
from contract_tests.harness.checking import check

LIMIT_S = 30.0
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_CHEAP = "/.well-known/oauth-authorization-server"


class Lanes:
    """The connections to one server. Made by `opened`."""

    def __init__(self, url: str, lanes: list[_Lane]) -> None:
        self._url = url
        self._host = urlsplit(url).netloc
        self._free: asyncio.LifoQueue[_Lane] = asyncio.LifoQueue()
        for lane in lanes:
            self._free.put_nowait(lane)

    async def get(self, path: str, **given: Mapping[str, str]) -> httpx.Response:
        """`params` and `headers` as for httpx. Raises ContractBroken for an undeclared answer."""
        return await self._call("GET", path, **given)  # type: ignore[arg-type]

    async def post(
        self,
        path: str,
        *,
        data: Mapping[str, str] | None = None,
        json: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The same, with a form or a JSON value as the body, or none."""
        body, media_type = (urlencode(data).encode(), _FORM) if data is not None else (b"", "")
        if json is not None:
            body, media_type = json_format.dumps(json).encode(), _JSON
        return await self._call(
            "POST", path, params=params, headers=headers, body=body, media_type=media_type
        )

    async def patch(self, path: str, *, json: object, headers: Mapping[str, str]) -> httpx.Response:
        """PATCH with JSON."""
        content = json_format.dumps(json).encode()
        return await self._call("PATCH", path, body=content, media_type=_JSON, headers=headers)

    async def delete(self, path: str, **given: Mapping[str, str]) -> httpx.Response:
        """The same, without a body."""
        return await self._call("DELETE", path, **given)  # type: ignore[arg-type]

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        media_type: str = "",
    ) -> httpx.Response:
        target = f"{path}?{urlencode(params)}" if params else path
        fields = {"Host": self._host, "Content-Length": str(len(body)), **(headers or {})}
        if media_type:
            fields["Content-Type"] = media_type
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {fields[name]}\r\n" for name in fields)
        status, found, content = await self.exchange(f"{head}\r\n".encode() + body)
        request = httpx.Request(method, self._url + path)
        response = httpx.Response(status, headers=found, content=content, request=request)
        check(response)
        return response

    async def exchange(self, request: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Whole bytes out on a connection that is free; status, header fields and body of the answer.

        The answer is not checked. Raises ConnectionError when the connection ends first, and TimeoutError.
        """
        lane = await self._free.get()
        try:
            return await asyncio.wait_for(lane.exchange(request), LIMIT_S)
        finally:
            self._free.put_nowait(lane)


@asynccontextmanager
async def opened(url: str, number: int) -> AsyncIterator[Lanes]:
    """That many connections to `http://HOST:PORT`, each in the hands of a worker before the block begins."""
    loop = asyncio.get_running_loop()
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 80
    made = await asyncio.gather(*(loop.create_connection(_Lane, host, port) for _ in range(number)))
    lanes = [lane for _, lane in made]
    opened = Lanes(url, lanes)
    try:
        await asyncio.gather(*(opened.get(_CHEAP) for _ in lanes))  # the kernel alone would say "connected"
        yield opened
    finally:
        for lane in lanes:
            lane.close()


class _Lane(AnswerReader):
    """One connection with at most one request under way."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[tuple[int, list[tuple[bytes, bytes]], bytes]] | None = None
        self._expect()

    def exchange(self, request: bytes) -> Awaitable[tuple[int, list[tuple[bytes, bytes]], bytes]]:
        """Send, and give what will be the answer."""
        self._expect()
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport.is_closing():
            self.connection_lost(None)
        else:
            self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """End the connection."""
        self._transport.close()

    def _ended(self, failure: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(failure)

    def _answered(self, status: int, fields: list[tuple[bytes, bytes]], body: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, fields, body))
