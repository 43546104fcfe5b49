"""An operator's own PostgreSQL goes away under load and comes back: 503 meanwhile, then on as before."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from contract_tests.conftest import StartServer
from contract_tests.death import aftermath
from contract_tests.death.conftest import SETTINGS, World
from contract_tests.death.line import Line, laid
from contract_tests.death.load import CALLERS, Load, loaded
from contract_tests.death.processes import accepting_workers, kill
from contract_tests.harness.server import ServerProcess
from contract_tests.serve.test_stop import eventually
from contract_tests.storage.embedded_users import postmaster
from persistence.embedded import EmbeddedPostgres
from persistence.embedded.layout import Layout
from persistence.embedded.process import ServerProcess as Postgres
from persistence.migrations import migrate

CALLS = 20
UNSERVED = 40  # calls of an outage
AT_ONCE_S = 10.0  # a refused connection is known to be refused; the rest is a busy machine
PATIENCE_S = 15 + 5 + 5.0  # for an answer on a line gone silent; for a place in the pool; a busy machine
BACK_S = 10.0  # "within a few seconds", on a busy machine


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that the server under test knows as somebody else's."""
    with EmbeddedPostgres(tmp_path / "elsewhere") as running:
        yield running


@asynccontextmanager
async def away(load: Load, server: ServerProcess, *, calls: int, within_s: float) -> AsyncIterator[None]:
    """The database has just gone away when the block is entered, and is to be back when it is left.

    `calls`: how many are looked at meanwhile. `within_s`: how long an answer may take.
    """
    await load.outage(CALLERS)
    slowest_s = load.slowest_s
    load.forget()
    answer = await asyncio.to_thread(httpx.get, f"{server.private_url}/readyz", timeout=PATIENCE_S)
    assert answer.status_code == 503
    await load.outage(calls)
    assert load.answers.keys() == {503}, load.answers
    assert max(slowest_s, load.slowest_s) < within_s
    yield
    assert await load.progress(CALLS) < BACK_S
    assert (await asyncio.to_thread(httpx.get, f"{server.private_url}/readyz")).status_code == 200
    load.forget()


@pytest.mark.timeout(600)  # on a machine that is busy with more than this
async def test_the_database_goes_away_and_comes_back(
    start_server: StartServer, world: Callable[[str], World], postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    direct = postgres.start(lambda progress: None)
    await asyncio.to_thread(migrate, direct, report=lambda progress: None)
    async with laid(Layout(tmp_path / "elsewhere")) as line:
        server = await asyncio.to_thread(start_server, database_url=line.url, workers=2, variables=SETTINGS)
        people, journal = await asyncio.to_thread(world, direct)
        async with loaded(server.url, people, journal) as load:
            await load.progress(CALLS)
            load.forget()
            await _stopped(load, server, postgres, tmp_path / "elsewhere")
            await _cut(load, server, line)
            await _silent(load, server, line)
            await load.progress(5 * CALLS)
        await aftermath.hold(server, direct, journal, people)
        assert sum(event["event"] == "server_started" for event in server.events) == 1
        assert await asyncio.to_thread(server.stop) == 0


async def _stopped(load: Load, server: ServerProcess, postgres: EmbeddedPostgres, data_dir: Path) -> None:
    """As `pg_ctl stop -m immediate` does it, then as `pg_ctl start`."""
    os.kill(postmaster(data_dir), signal.SIGQUIT)
    gone = Postgres(Layout(data_dir))
    await asyncio.to_thread(eventually, lambda: not gone.is_alive(), "PostgreSQL is gone")
    async with away(load, server, calls=UNSERVED, within_s=AT_ONCE_S):
        await asyncio.to_thread(postgres.revive, lambda progress: None)


async def _cut(load: Load, server: ServerProcess, line: Line) -> None:
    """A worker dies as well: its successor needs no database to begin with."""
    await line.cut()
    async with away(load, server, calls=UNSERVED, within_s=AT_ONCE_S):
        kill(accepting_workers(server)[0])
        await asyncio.to_thread(eventually, lambda: 0 not in accepting_workers(server), "it is missed")
        await asyncio.to_thread(eventually, lambda: 0 in accepting_workers(server), "another has come")
        await line.repair()


async def _silent(load: Load, server: ServerProcess, line: Line) -> None:
    line.silence()
    async with away(load, server, calls=CALLERS, within_s=PATIENCE_S):
        await line.repair()
