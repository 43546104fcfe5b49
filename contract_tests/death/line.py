"""A PostgreSQL server of the operator's, at the end of a network line that can be cut, silenced and repaired.

The server is an embedded one that the test runs; the line is a TCP port that passes bytes on to its socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from persistence.embedded.layout import APPLICATION, Layout
from persistence.embedded.socket_path import reachable


class Line:
    """The line. Made by `laid`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._listening: asyncio.Server | None = None
        self._sending = asyncio.Event()
        self._sending.set()
        self._passing: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """The database at its end."""
        password = self._layout.password_file(APPLICATION).read_text("ascii").strip()
        return f"postgresql://{APPLICATION}:{password}@127.0.0.1:{self._port}/{APPLICATION}"

    async def repair(self) -> None:
        """Take connections, and pass on what comes, also what came while it was silent."""
        self._sending.set()
        if self._listening is None:
            self._listening = await asyncio.start_server(self._taken, "127.0.0.1", self._port)
            self._port = self._listening.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        self._sending.set()
        for each in list(self._passing):
            each.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def silence(self) -> None:
        """Take connections and bytes, and pass nothing on in either direction."""
        self._sending.clear()

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._pass_on(reader, writer)
        finally:
            self._passing.discard(task)
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with reachable(self._layout.sockets) as place:
            path = Path(place, f".s.PGSQL.{self._layout.port}")
            far_reader, far_writer = await asyncio.open_unix_connection(str(path))
        try:
            ways = [
                asyncio.ensure_future(self._one_way(reader, far_writer)),
                asyncio.ensure_future(self._one_way(far_reader, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
        finally:
            far_writer.transport.abort()

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._sending.wait()
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def laid(layout: Layout) -> AsyncIterator[Line]:
    """A line to the server of a layout."""
    line = Line(layout)
    await line.repair()
    try:
        yield line
    finally:
        await line.cut()
