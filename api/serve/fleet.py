"""Several workers as child processes on one inherited listening socket.

The kernel hands each connection to one of them. A worker that dies is started again, with growing pauses if
it keeps dying. What the workers count is gathered from the files that they write.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson
from prometheus_client.multiprocess import mark_process_dead

from api.logs import Event, Logs
from api.serve.pauses import Pauses
from api.serve.startup import StartFailed
from api.settings import REPOSITORY, Settings, variables_for_worker

BEYOND_DRAIN_S: Final = 5  # what closing the application may take after the last answer


class Fleet:
    """The workers of one server. Made and used in the supervisor's event loop."""

    def __init__(self, settings: Settings, listener: socket.socket, *, logs: Logs) -> None:
        self._settings = settings
        self._listener = listener
        self._logs = logs
        self._processes: dict[int, Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._draining = asyncio.Event()
        self.counts = _empty(settings.data_dir / "metrics")

    async def start(self) -> None:
        """Return when every worker accepts requests. Raises StartFailed with the sentence of one that does
        not."""
        numbers = range(self._settings.workers)
        gc.enable()
        lines = [await self._spawn(number) for number in numbers]
        try:
            for line in lines:
                await _accepting(line)
        except StartFailed:
            self.drain()
            await asyncio.gather(*(process.wait() for process in self._processes.values()))
            raise
        self._keepers = [
            asyncio.create_task(self._keep(number, line)) for number, line in zip(numbers, lines, strict=True)
        ]

    def missing(self) -> int:
        """How many workers are not running now."""
        return sum(process.returncode is not None for process in self._processes.values())

    def drain(self) -> None:
        """Ask every worker to finish. Asked twice, they cut it short."""
        self._draining.set()
        self._listener.close()  # or the kernel would go on taking connections that nobody answers
        for process in self._processes.values():
            _signal(process.terminate)

    async def stopped(self) -> None:
        """Return when no worker runs any more. Once the fleet drains, those that outstay their time are
        killed."""
        await self._draining.wait()
        _, still_running = await asyncio.wait(self._keepers, timeout=self._settings.drain_s + BEYOND_DRAIN_S)
        if still_running:
            for process in self._processes.values():
                _signal(process.kill)
        await asyncio.gather(*self._keepers)
        shutil.rmtree(self.counts, ignore_errors=True)

    async def _spawn(self, number: int) -> _Line:
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = (self._listener.fileno(), theirs.fileno())
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "api.serve.worker"),
                *map(str, descriptors),
                pass_fds=descriptors,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which tells its workers
                env=variables_for_worker(
                    self._settings, PYTHONPATH=str(REPOSITORY), PROMETHEUS_MULTIPROC_DIR=str(self.counts)
                ),
            )
        self._processes[number] = process
        ours.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=ours)
        return _Line(reader, writer)

    async def _keep(self, number: int, line: _Line) -> None:
        """Keep one worker running until the fleet drains, then see it off."""
        clock = asyncio.get_running_loop().time
        pauses = Pauses()
        while True:
            process, since = self._processes[number], clock()
            self._logs.emit(Event.WORKER_STARTED, worker=number, pid=process.pid)
            await line.reader.read()  # until the worker ends
            code = await process.wait()
            line.writer.close()
            mark_process_dead(process.pid, str(self.counts))  # type: ignore[no-untyped-call]
            if self._draining.is_set():
                return
            self._logs.emit(Event.WORKER_DIED, worker=number, pid=process.pid, exit_code=code)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), pauses.next_s(lived_s=clock() - since))
            if self._draining.is_set():
                return
            line = await self._spawn(number)


class _Line:
    """The supervisor's end of the line to one worker; by its closing the worker knows that we are gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer


async def _accepting(line: _Line) -> None:
    said = await line.reader.readline()
    if not said:
        raise StartFailed("A worker ended before it accepted requests.")
    message: dict[str, object] = orjson.loads(said)
    if "failed" in message:
        raise StartFailed(str(message["failed"]))


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except ProcessLookupError:
        return  # it has just ended by itself


def _empty(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    return directory
