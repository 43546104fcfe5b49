"""Answers onto the wire: whole ones in two messages, streams chunk by chunk as they are made.

A stream ends when its source ends or when the client has left, whichever is first; its generator is closed
either way, so that what it holds (a provider's connection, a place in a queue) is given back at once.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from api.contract.request import Request
from api.contract.response import Outgoing

_LINGER_S = 2.0
_LINGER_BYTES = 8 * 1024 * 1024


async def send(request: Request, outgoing: Outgoing) -> bool:
    """Send an answer; True when all of it was made. An exception of a stream's source passes through."""
    headers = [*outgoing.headers, (b"x-request-id", request.id.encode("ascii"))]
    is_head = request.scope["method"] == "HEAD"
    if outgoing.chunks is not None:
        return await _send_stream(request, outgoing, headers, is_head)
    body = b"" if is_head else outgoing.body
    if outgoing.status == 413:
        await _send_and_linger(request, headers, body)
        return True
    await request.send({"type": "http.response.start", "status": outgoing.status, "headers": headers})
    await request.send({"type": "http.response.body", "body": body})
    return True


async def _send_and_linger(request: Request, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Answer in the middle of a body, and let a client that is still sending come to read the answer.

    Closing at once would reset the connection under its hands. What still arrives is thrown away, for two
    seconds or 8 MiB at most; then the connection is closed.
    """
    await request.send(
        {"type": "http.response.start", "status": 413, "headers": [*headers, (b"connection", b"close")]}
    )
    await request.send({"type": "http.response.body", "body": body, "more_body": True})
    if b"expect" not in request.headers:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                await _discard(request)
    await request.send({"type": "http.response.body", "body": b""})


async def _discard(request: Request) -> None:
    size = 0
    while size < _LINGER_BYTES:
        message = await request.receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
        size += len(message.get("body", b""))


async def _send_stream(
    request: Request, outgoing: Outgoing, headers: list[tuple[bytes, bytes]], is_head: bool
) -> bool:
    chunks: Any = outgoing.chunks
    try:
        await request.send({"type": "http.response.start", "status": outgoing.status, "headers": headers})
        if not is_head and not await _pass_chunks(request, chunks):
            return False
        await request.send({"type": "http.response.body", "body": b""})
        return True
    finally:
        if hasattr(chunks, "aclose"):
            await chunks.aclose()


async def _pass_chunks(request: Request, chunks: Any) -> bool:
    """Send every chunk when it is made; False when the client left before the end."""
    gone = asyncio.ensure_future(_client_gone(request))
    try:
        while True:
            step = asyncio.ensure_future(anext(chunks, None))
            try:
                await asyncio.wait((step, gone), return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                await _cancelled(step)
                raise
            if not step.done():
                await _cancelled(step)
                return False
            chunk = step.result()
            if chunk is None:
                return True
            if chunk:
                await request.send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        await _cancelled(gone)


async def _client_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _cancelled(task: asyncio.Future[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
