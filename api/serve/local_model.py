"""The supervisor's end of the local model: its process is started, watched, replaced when it dies, and ended.

Where it is and the key that it asks for are in a file of the data directory, for the server's user only,
while it can be asked. Workers look there for each question, so that they find the one that took another's
place.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
from contextlib import suppress
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import Final

import orjson

from api.gateways.assistant.local import FILE
from api.gateways.assistant.local_server import weights
from api.logs import Event, Logs
from api.serve import data_directory
from api.serve.pauses import Pauses
from api.serve.startup import StartFailed
from api.settings import REPOSITORY, Settings

FIRST_START_S: Final = 60.0
"""How long a start of the server waits for the model."""
_END_S: Final = 5.0

NOT_INSTALLED: Final = "The local model is not installed: scripts/serve --local-model installs it."


def refuse_if_missing() -> None:
    """Raise StartFailed when the local model is not there."""
    if weights() is None:
        raise StartFailed(NOT_INSTALLED)


class LocalModel:
    """Keeps one process running between `start` and `end`."""

    def __init__(self, settings: Settings, *, logs: Logs) -> None:
        self._directory = settings.data_dir
        self._logs = logs
        self._process: Popen[bytes] | None = None
        self._up = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the model can be asked. Raises StartFailed."""
        self._keeping = asyncio.create_task(self._keep())
        try:
            await asyncio.wait_for(self._up.wait(), FIRST_START_S)
        except TimeoutError:
            await self.end()
            raise StartFailed("The local model did not start.") from None

    async def end(self) -> None:
        """Leave no process behind."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        if self._process is not None:
            await asyncio.to_thread(_ended, self._process)

    async def _keep(self) -> None:
        """Start it again whenever it has ended."""
        clock = asyncio.get_running_loop().time
        pauses = Pauses()
        while True:
            since = clock()
            key = secrets.token_urlsafe(32)
            self._process, ours = _spawned()
            reader, writer = await asyncio.open_connection(sock=ours)
            came_up = False
            try:
                writer.write(key.encode() + b"\n")
                with suppress(ConnectionError):
                    came_up = await self._serves(reader, key)
            finally:
                writer.close()
            code = await asyncio.to_thread(_ended, self._process)
            self._logs.emit(Event.LOCAL_MODEL_DIED, pid=self._process.pid, exit_code=code)
            await asyncio.sleep(pauses.next_s(lived_s=clock() - since if came_up else 0.0))

    async def _serves(self, reader: asyncio.StreamReader, key: str) -> bool:
        """Whether it came to be asked; returns when it has ended."""
        said = await reader.readline()
        if not said:
            return False
        assert self._process is not None
        where = {"base_url": orjson.loads(said)["base_url"], "key": key}
        with data_directory.kept(self._directory, FILE, where):
            self._logs.emit(Event.LOCAL_MODEL_STARTED, pid=self._process.pid)
            self._up.set()
            with suppress(ConnectionError):
                await reader.read()
        return True


def _spawned() -> tuple[Popen[bytes], socket.socket]:
    """A process, and our end of the line to it, by whose closing it knows that we are gone."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        process = Popen(  # noqa: S603 (our own module)
            [sys.executable, "-P", "-m", "api.gateways.assistant.local_server", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,  # what it would say there may be what it was asked
            start_new_session=True,  # Ctrl-C reaches the supervisor only
            env={"PYTHONPATH": str(REPOSITORY), "PATH": os.defpath},  # it needs no setting and no secret
        )
    return process, ours


def _ended(process: Popen[bytes]) -> int:
    """Wait for the end of a process whose line is closed, and see to it. Blocks."""
    try:
        return process.wait(_END_S)
    except TimeoutExpired:
        process.kill()
        return process.wait()
