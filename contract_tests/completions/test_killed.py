"""SIGKILL at any moment of a call: the books balance, no hold survives, and nobody is charged for nothing.

A hundred workers die, each with calls in every phase: before credits are set aside, while the provider is
asked, while it answers, while the answer is paid. What a caller was told is held against what is stored.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from contract_tests.assistant.answers import normal, status
from contract_tests.completions.world import COMPLETE, MODEL, Asker, World
from contract_tests.conftest import GENEROUS
from contract_tests.harness.checking import trusted
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.server import environment
from contract_tests.harness.stored import execute, rows
from persistence.credits import sweeping
from persistence.database import Database

ROUNDS = 100
CALLS = 6
GAP_S = 0.02
MOMENTS = ("sent", "asked", "answered")
COST = 18  # of one answer
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Mayfly:
    """The process that is copied, and where the copies answer."""

    process: subprocess.Popen[str]
    url: str

    def live(self) -> int:
        """Begin a life; its process id."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("live\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture
def mayfly(lab: World) -> Iterator[Mayfly]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        variables = {
            **GENEROUS,
            "CANDOR_DATABASE_URL": lab.url,
            "CANDOR_DATA_DIR": str(lab.server.data_dir),
            "CANDOR_ASSISTANT_CALLS_AT_ONCE": str(CALLS * ROUNDS),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "contract_tests.completions.mayfly", str(listener.fileno())],
            cwd=REPOSITORY,
            env={**environment(), **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            text=True,
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "loaded\n"
            yield Mayfly(process, f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            process.kill()
            process.communicate()


async def one_round(
    lab: World, mayfly: Mayfly, asker: Asker, moment: str, chance: random.Random
) -> list[httpx.Response]:
    """Calls begun one after the other, and a death at some moment of the first; the answers that arrived."""
    life = await asyncio.to_thread(mayfly.live)
    answers: list[httpx.Response] = []
    answered = asyncio.Event()
    asked = len(lab.upstream.asked)

    async def call(http: httpx.AsyncClient, after_s: float) -> None:
        await asyncio.sleep(after_s)
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Now?"}]}
        with suppress(httpx.TransportError):
            answers.append(await http.post(COMPLETE, json=body, headers=asker.headers))
            answered.set()

    async with httpx.AsyncClient(base_url=mayfly.url, timeout=20, verify=trusted()) as http:
        calls = [asyncio.create_task(call(http, number * GAP_S)) for number in range(CALLS)]
        if moment == "asked":
            assert await lab.upstream.until(lambda: len(lab.upstream.asked) > asked, within_s=20)
        elif moment == "answered":
            await asyncio.wait_for(answered.wait(), 20)
        await asyncio.sleep(chance.uniform(0, CALLS * GAP_S))
        os.kill(life, signal.SIGKILL)
        # Who connects now waits for the next life; who was connected hears of the death at once.
        _, waiting = await asyncio.wait(calls, timeout=0.05)
        for each in waiting:
            each.cancel()
    return answers


@pytest.mark.promise("K6")
@pytest.mark.timeout(240)
async def test_a_hundred_deaths(lab: World, mayfly: Mayfly) -> None:
    asker = lab.asker("mortal")
    before, chance, answers = asker.balance, random.Random(20_261_126), []
    usual = normal(pause_s=GAP_S / 4, before_s=GAP_S / 2)
    with lab.upstream.always(usual):
        for number in range(ROUNDS):
            if number % 5 == 0:
                lab.upstream.play(status(500))
            answers += await one_round(lab, mayfly, asker, MOMENTS[number % len(MOMENTS)], chance)
    told = [each for each in answers if each.status_code == 200]
    assert told, "Some calls were answered before the death."
    assert len(told) < ROUNDS * CALLS * 0.8, "Many were not."

    orphans = lab.holds(asker)
    assert orphans, "Some calls died while credits were set aside for them."
    await release(lab)
    assert lab.holds(asker) == 0
    assert lab.books_balance()

    calls = lab.calls_of(asker)
    interrupted = [each for each in calls if each["error_code"] == "interrupted"]
    assert len(interrupted) == orphans
    assert {each["credits"] for each in interrupted} == {0}
    # Of what was charged all was answered by the provider, and all that was told was charged.
    charged = [each for each in calls if each["credits"]]
    assert all(each["credits"] <= COST for each in charged)
    assert sum(each["error_code"] is None for each in charged) >= len(told)
    assert asker.usage() == {"balance": before - sum(each["credits"] for each in charged), "reserved": 0}


async def release(lab: World) -> None:
    """Let the time of all holds pass, and do what the job does that gives them back."""
    now = datetime.now(UTC)
    await asyncio.to_thread(execute, lab.url, "UPDATE credit_hold SET expires_at = $1", now - SECOND)
    database = await Database.connect(lab.url, pool_size=1)
    try:
        async with database.unit_of_work() as store:
            await sweeping.release_overdue(store, now=now, at_most=10 * ROUNDS * CALLS)
    finally:
        await database.close()
    assert await asyncio.to_thread(rows, lab.url, "SELECT 1 AS one FROM credit_wallet WHERE held > 0") == []
