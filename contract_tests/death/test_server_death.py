"""The server is killed under load, by parts and at once, and started again on the same data directory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.conftest import StartServer
from contract_tests.death import aftermath
from contract_tests.death.conftest import SETTINGS, World
from contract_tests.death.load import loaded
from contract_tests.death.processes import accepting_workers, all_of_postgres, kill
from contract_tests.harness.server import ServerProcess
from contract_tests.serve.test_stop import workers_of
from contract_tests.storage.embedded_users import exists, postmaster
from persistence.embedded import connection_url
from persistence.embedded.layout import Layout
from persistence.embedded.process import ServerProcess as Postgres

CALLS = 30


def supervisor_alone(server: ServerProcess) -> list[int]:
    """Its workers and PostgreSQL are left without it."""
    return [server.process.pid]


def supervisor_and_workers(server: ServerProcess) -> list[int]:
    """PostgreSQL is left running."""
    return [server.process.pid, *accepting_workers(server).values()]


def everything(server: ServerProcess) -> list[int]:
    """As if the machine had lost its power, but for the disk's cache."""
    return [*supervisor_and_workers(server), *all_of_postgres(server.data_dir)]


@pytest.mark.timeout(600)  # on a machine that is busy with more than this
async def test_a_killed_server_starts_again(
    start_server: StartServer, used_data_dir: Path, world: Callable[[str], World]
) -> None:
    server = start_server(database_url=None, data_dir=used_data_dir, workers=2, variables=SETTINGS)
    data_dir, port = server.data_dir, server.url.rpartition(":")[2]
    url = connection_url(data_dir)
    people, journal = world(url)
    async with loaded(server.url, people, journal) as load:
        for victims in (supervisor_alone, supervisor_and_workers, everything):
            await load.progress(CALLS)
            postgres, workers = postmaster(data_dir), workers_of(data_dir)
            kill(*victims(server))
            server.ended()
            server = await asyncio.to_thread(
                start_server, database_url=None, workers=2, variables=SETTINGS, data_dir=data_dir, port=port
            )
            assert not [worker for worker in workers if exists(worker)], "left behind"
            assert (postmaster(data_dir) == postgres) is (victims is not everything)
        await load.progress(3 * CALLS)  # so that everybody has come to everything
    assert 500 not in load.answers, load.answers
    await aftermath.hold(server, url, journal, people)
    assert server.stop() == 0
    assert not Postgres(Layout(data_dir)).is_alive()
