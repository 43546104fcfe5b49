"""The worker's end: passwords wait in a bounded line for the one process that hashes them."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import orjson

from api.settings import REPOSITORY
from handlers.ports import Verdict
from handlers.user.password import (
    GuessablePassword,
    PasswordsBusy,
    PasswordsInterrupted,
    UnusablePassword,
    normal,
)

WAITING_MOST: Final = 24
"""How many may wait; the last of them waits about two seconds on one slow core."""
_ONE_MOST_S: Final = 30  # for one hash, on a machine that has hardly any time for it
_END_MOST_S: Final = 5
_REFUSALS: Final = {each.error: each for each in (UnusablePassword, GuessablePassword)}


class _Call(NamedTuple):
    request: Mapping[str, object]
    answer: asyncio.Future[Any]


class PasswordLine:
    """The real `Passwords`. Costs nothing until the first password; a process that ended is replaced."""

    def __init__(self) -> None:
        self._line: asyncio.Queue[_Call] = asyncio.Queue(WAITING_MOST)
        self._serving: asyncio.Task[None] | None = None
        self._process: Process | None = None

    async def hashed(self, password: str, *, about: Sequence[str]) -> str:
        """See `Passwords`."""
        answer = await self._asked({"password": normal(password), "about": list(about)})
        if "refused" in answer:
            raise _REFUSALS[answer["refused"]]
        return str(answer["hash"])

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """See `Passwords`."""
        try:
            request = {"password": normal(password), "stored": stored}
        except UnusablePassword:  # nobody's, which takes as long to find out
            request = {"password": "", "stored": None}
        return Verdict(**await self._asked(request))

    async def close(self) -> None:
        """End the process; it finishes the password that it is at, and takes no other."""
        if self._serving is not None:
            self._serving.cancel()
        while not self._line.empty():
            _fail(self._line.get_nowait().answer)
        await self._end()

    async def _asked(self, request: Mapping[str, object]) -> Any:
        """Raises PasswordsBusy, PasswordsInterrupted."""
        if self._line.full():
            raise PasswordsBusy
        call = _Call(request, asyncio.get_running_loop().create_future())
        self._line.put_nowait(call)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await call.answer

    async def _serve(self) -> None:
        """Hand one call after the other to the process, for as long as the worker runs.

        A caller who went away meanwhile changes nothing here: what was handed over is waited for, so that
        each answer belongs to its question.
        """
        while True:
            request, answer = await self._line.get()
            if answer.cancelled():
                continue
            try:
                said = await asyncio.wait_for(self._answered(request), _ONE_MOST_S)
            except (OSError, ValueError, TimeoutError):
                await self._end()
                _fail(answer)
            except BaseException:
                _fail(answer)
                raise
            else:
                if not answer.done():
                    answer.set_result(said)

    async def _answered(self, request: Mapping[str, object]) -> Any:
        """Raises OSError or ValueError when the process ends before it has answered."""
        if self._process is None or self._process.returncode is not None:
            self._process = await _started()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(orjson.dumps(request) + b"\n")
        await self._process.stdin.drain()
        return orjson.loads(await self._process.stdout.readline())

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _END_MOST_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "api.gateways.passwords",
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,  # what goes wrong there is told by the event, without a word of what was being hashed
        env={"PYTHONPATH": str(REPOSITORY)},  # it needs no setting, so it is given no secret
        start_new_session=True,  # Ctrl-C reaches the supervisor only
    )


def _fail(answer: asyncio.Future[Any]) -> None:
    if not answer.done():
        answer.set_exception(PasswordsInterrupted())
