"""A program on the person's machine that waits for the answer to its authorization request (RFC 8252)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

_PAGE = b"<!doctype html><title>Back</title>"
_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    f"Content-Length: {len(_PAGE)}\r\nConnection: close\r\n\r\n"
).encode("ascii")


@dataclass
class Callback:
    """Where the browser comes back to. `called` holds the query of each request that arrived."""

    address: str
    called: asyncio.Queue[dict[str, str]] = field(default_factory=asyncio.Queue)

    async def told(self) -> dict[str, str]:
        """What the first browser that comes brings along. Raises TimeoutError when none does."""
        return await asyncio.wait_for(self.called.get(), timeout=20)


@asynccontextmanager
async def waiting() -> AsyncIterator[Callback]:
    """A program that waits on a port of its own."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = urlsplit(head.split(b" ", 2)[1].decode("ascii"))
        if target.path == "/callback":
            callback.called.put_nowait(dict(parse_qsl(target.query)))
        writer.write(_HEAD + _PAGE)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    callback = Callback(f"http://127.0.0.1:{port}/callback")
    try:
        yield callback
    finally:
        server.close()
        await server.wait_closed()
