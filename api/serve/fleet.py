"""Several workers as child processes on one inherited listening socket.

The kernel hands each connection to one of them. They load the program while the database is still being
made ready, and open what they need of it when they are told to go on. A worker that dies is started again,
with growing pauses if it keeps dying. What the workers count is gathered from the files that they write.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import Final

import orjson
from prometheus_client.multiprocess import mark_process_dead

from api.logs import Event, Logs
from api.serve.pauses import Pauses
from api.serve.startup import StartFailed
from api.settings import REPOSITORY, Settings, variables_for_worker

GO: Final = b"go\n"
BEYOND_DRAIN_S: Final = 5  # what closing the application may take after the last answer


class Fleet:
    """The workers of one server. Launched and ended outside of event loops, the rest happens in one."""

    def __init__(self, settings: Settings, listener: socket.socket, *, judged: str, logs: Logs) -> None:
        """`judged` is the ETag of the contract that was found valid: the workers need not ask again."""
        self._settings = settings
        self._listener = listener
        self._judged = judged
        self._logs = logs
        self._processes: dict[int, Popen[bytes]] = {}
        self._waiting: list[socket.socket] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._draining = asyncio.Event()
        self.counts = _empty(settings.data_dir / "metrics")

    def launch(self) -> None:
        """Start the processes. They load the program and build the application, then wait for `start`."""
        for number in range(self._settings.workers):
            self._waiting.append(self._spawn(number))

    async def start(self) -> None:
        """Return when every worker accepts requests. Raises StartFailed with the sentence of one that does
        not."""
        gc.freeze()  # what was loaded stays
        gc.enable()
        lines = [await _opened(end) for end in self._waiting]
        for line in lines:
            await _said(line)  # that it is built
        for end in self._waiting:
            _send(end, GO)
        for line in lines:
            await _said(line)  # that it accepts
        self._keepers = [asyncio.create_task(self._keep(number, line)) for number, line in enumerate(lines)]

    def end(self) -> None:
        """Leave no worker behind, whatever it was doing; those that have ended are not asked. Blocks."""
        for end in self._waiting:
            end.close()
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(self._settings.drain_s + BEYOND_DRAIN_S)
            except TimeoutExpired:
                process.kill()
                process.wait()

    def missing(self) -> int:
        """How many workers are not running now."""
        return sum(process.poll() is not None for process in self._processes.values())

    def drain(self) -> None:
        """Ask every worker to finish. Asked twice, they cut it short."""
        self._draining.set()
        self._listener.close()  # or the kernel would go on taking connections that nobody answers
        for process in self._processes.values():
            process.terminate()

    async def stopped(self) -> None:
        """Return when no worker runs any more. Once the fleet drains, those that outstay their time are
        killed."""
        await self._draining.wait()
        _, still_running = await asyncio.wait(self._keepers, timeout=self._settings.drain_s + BEYOND_DRAIN_S)
        if still_running:
            for process in self._processes.values():
                process.kill()
        await asyncio.gather(*self._keepers)
        shutil.rmtree(self.counts, ignore_errors=True)

    def _spawn(self, number: int) -> socket.socket:
        """Start a process; our end of the line to it."""
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = (self._listener.fileno(), theirs.fileno())
            self._processes[number] = Popen(  # noqa: S603 (our own module)
                [sys.executable, "-P", "-m", "api.serve.worker", *map(str, descriptors), self._judged],
                pass_fds=descriptors,
                stdin=DEVNULL,
                stdout=DEVNULL,
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which tells its workers
                env=variables_for_worker(
                    self._settings, PYTHONPATH=str(REPOSITORY), PROMETHEUS_MULTIPROC_DIR=str(self.counts)
                ),
            )
        return ours

    async def _keep(self, number: int, line: _Line) -> None:
        """Keep one worker running until the fleet drains, then see it off."""
        clock = asyncio.get_running_loop().time
        pauses = Pauses()
        accepts = True
        while True:
            process, since = self._processes[number], clock()
            if accepts:
                self._logs.emit(Event.WORKER_STARTED, worker=number, pid=process.pid)
            with suppress(ConnectionError):
                await line.reader.read()  # until the worker ends
            lived_s = clock() - since if accepts else 0.0
            code = await asyncio.to_thread(process.wait)
            line.writer.close()
            mark_process_dead(process.pid, str(self.counts))  # type: ignore[no-untyped-call]
            if self._draining.is_set():
                return
            self._logs.emit(Event.WORKER_DIED, worker=number, pid=process.pid, exit_code=code)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), pauses.next_s(lived_s=lived_s))
            if self._draining.is_set():
                return
            end = self._spawn(number)
            _send(end, GO)
            line = await _opened(end)
            accepts = await _comes_to_accept(line)


class _Line:
    """The supervisor's end of the line to one worker; by its closing the worker knows that we are gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer


async def _opened(end: socket.socket) -> _Line:
    end.setblocking(False)
    return _Line(*await asyncio.open_connection(sock=end))


async def _said(line: _Line) -> None:
    """Wait for the worker's next word. Raises StartFailed when that is that it cannot go on."""
    try:
        said = await line.reader.readline()
    except ConnectionError:
        said = b""
    if not said:
        raise StartFailed("A worker ended before it accepted requests.")
    message: dict[str, object] = orjson.loads(said)
    if "failed" in message:
        raise StartFailed(str(message["failed"]))


async def _comes_to_accept(line: _Line) -> bool:
    """Whether a worker that was told to go on comes so far; returns once it has or has ended."""
    try:
        await _said(line)  # that it is built
        await _said(line)
    except StartFailed:
        return False
    return True


def _send(end: socket.socket, word: bytes) -> None:
    with suppress(OSError):  # it has just ended, which its line tells as well
        end.send(word)


def _empty(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    return directory
