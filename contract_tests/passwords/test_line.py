"""The process that hashes passwords, and the bounded line before it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from api.gateways.passwords import hashing
from api.gateways.passwords.line import WAITING_MOST, PasswordLine
from contract_tests.death.processes import children
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.server import environment
from handlers.ports import Verdict
from handlers.user.password import GuessablePassword, PasswordsBusy, PasswordsInterrupted, UnusablePassword

PASSWORD: Final = "correct horse battery"
WRONG: Final = Verdict(matches=False)
RIGHT: Final = Verdict(matches=True)
GONE_LIMIT_MS: Final = 60_000  # on a busy machine; nothing is asserted about it


@pytest.fixture
async def passwords() -> AsyncIterator[PasswordLine]:
    line = PasswordLine()
    yield line
    await line.close()


def processes(parent: int) -> list[int]:
    """The processes that hash passwords for another one."""
    return [each for each in children(parent) if b"api.gateways.passwords" in of(each, "cmdline")]


def of(process: int, what: str) -> bytes:
    """What the kernel knows of it; nothing when it has ended meanwhile."""
    try:
        return Path(f"/proc/{process}/{what}").read_bytes()
    except OSError:
        return b""


def the_process() -> int:
    """The one of this test."""
    (pid,) = processes(os.getpid())
    return pid


class TestHashed:
    @pytest.mark.promise("K20")
    async def test_is_argon2id_with_the_recommended_parameters(self, passwords: PasswordLine) -> None:
        stored = await passwords.hashed(PASSWORD, about=())
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert PasswordHasher().verify(stored, PASSWORD)

    async def test_has_a_salt_of_its_own_each_time(self, passwords: PasswordLine) -> None:
        assert await passwords.hashed(PASSWORD, about=()) != await passwords.hashed(PASSWORD, about=())

    async def test_refuses_what_is_easily_guessed(self, passwords: PasswordLine) -> None:
        with pytest.raises(GuessablePassword):
            await passwords.hashed("password1234", about=())
        with pytest.raises(GuessablePassword):
            await passwords.hashed("zvonimirova7", about=("zvonimirova",))

    async def test_refuses_a_wrong_length_without_starting_anything(self, passwords: PasswordLine) -> None:
        with pytest.raises(UnusablePassword):
            await passwords.hashed("elevenchars", about=())
        assert not processes(os.getpid())


class TestVerify:
    async def test_tells_right_from_wrong(self, passwords: PasswordLine) -> None:
        stored = await passwords.hashed("Zürich fern moss", about=())
        assert await passwords.verify("Zu\u0308rich fern moss", stored) == RIGHT
        assert await passwords.verify("Zurich fern moss", stored) == WRONG

    @pytest.mark.parametrize("typed", [PASSWORD, "short", "", "x" * 400, "lone \ud800 surrogate"])
    async def test_nothing_is_right_when_nothing_is_stored(self, passwords: PasswordLine, typed: str) -> None:
        assert await passwords.verify(typed, None) == WRONG

    def test_nobodys_hash_costs_what_every_other_one_costs(self) -> None:
        assert extract_parameters(hashing._NOBODYS) == extract_parameters(hashing.hashed(PASSWORD, about=()))

    async def test_a_hash_of_other_parameters_is_made_anew(self, passwords: PasswordLine) -> None:
        old = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).hash(PASSWORD)
        verdict = await passwords.verify(PASSWORD, old)
        assert verdict.matches
        assert verdict.rehashed is not None
        assert await passwords.verify(PASSWORD, verdict.rehashed) == RIGHT
        assert await passwords.verify("another password", old) == WRONG


class TestLine:
    async def test_a_flood_is_refused_beyond_the_line_and_the_rest_answered(
        self, passwords: PasswordLine
    ) -> None:
        calls = (passwords.verify(PASSWORD, None) for _ in range(3 * WAITING_MOST))
        answers = await asyncio.gather(*calls, return_exceptions=True)
        refused = [each for each in answers if isinstance(each, PasswordsBusy)]
        assert len(refused) == 2 * WAITING_MOST
        assert answers.count(WRONG) == WAITING_MOST
        assert int(refused[0].headers["Retry-After"]) > 0

    async def test_refuses_at_once_while_nothing_goes_on(self, passwords: PasswordLine) -> None:
        await passwords.verify(PASSWORD, None)
        os.kill(the_process(), signal.SIGSTOP)
        waiting = [asyncio.create_task(passwords.verify(PASSWORD, None)) for _ in range(WAITING_MOST)]
        await asyncio.sleep(0)
        with pytest.raises(PasswordsBusy):
            await passwords.verify(PASSWORD, None)
        assert not any(each.done() for each in waiting)
        os.kill(the_process(), signal.SIGCONT)
        assert await asyncio.gather(*waiting) == [WRONG] * WAITING_MOST

    async def test_who_goes_away_takes_nobody_elses_answer(self, passwords: PasswordLine) -> None:
        stored = await passwords.hashed(PASSWORD, about=())
        os.kill(the_process(), signal.SIGSTOP)
        gone = asyncio.create_task(passwords.verify("another password", stored))
        next_one = asyncio.create_task(passwords.verify(PASSWORD, stored))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gone.cancel()
        os.kill(the_process(), signal.SIGCONT)
        assert await next_one == RIGHT

    async def test_one_process_is_enough(self, passwords: PasswordLine) -> None:
        await asyncio.gather(*(passwords.verify(PASSWORD, None) for _ in range(5)))
        assert len(processes(os.getpid())) == 1


class TestProcess:
    async def test_that_dies_is_told_and_replaced(self, passwords: PasswordLine) -> None:
        stored = await passwords.hashed(PASSWORD, about=())
        first = the_process()
        os.kill(first, signal.SIGSTOP)
        cut = asyncio.create_task(passwords.verify(PASSWORD, stored))
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(PasswordsInterrupted):
            await cut
        assert await passwords.verify(PASSWORD, stored) == RIGHT
        assert the_process() != first

    async def test_is_nicer_than_the_worker_and_knows_no_setting(self, passwords: PasswordLine) -> None:
        os.environ["CANDOR_MADE_UP"] = "a secret"
        try:
            await passwords.verify(PASSWORD, None)
        finally:
            del os.environ["CANDOR_MADE_UP"]
        pid = the_process()
        assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
        assert b"CANDOR_" not in of(pid, "environ")

    async def test_ignores_the_signals_that_end_a_worker(self, passwords: PasswordLine) -> None:
        await passwords.verify(PASSWORD, None)
        os.kill(the_process(), signal.SIGINT)
        os.kill(the_process(), signal.SIGTERM)
        assert await passwords.verify(PASSWORD, None) == WRONG

    async def test_ends_when_it_is_closed(self, passwords: PasswordLine) -> None:
        await passwords.verify(PASSWORD, None)
        await passwords.close()
        assert not processes(os.getpid())

    def test_does_not_outlive_a_worker_that_is_killed(self) -> None:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-c", _WORKER],
            env=environment(),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        (orphan,) = processes(worker.pid)
        ends = os.pidfd_open(orphan)
        worker.kill()
        worker.communicate()
        watch = select.poll()
        watch.register(ends, select.POLLIN)
        assert watch.poll(GONE_LIMIT_MS)
        os.close(ends)


_WORKER = """
import asyncio
from api.gateways.passwords.line import PasswordLine

async def work():
    await PasswordLine().verify("correct horse battery", None)
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(work())
"""
