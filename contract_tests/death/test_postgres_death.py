"""PostgreSQL is killed under load, twenty times, in the three ways in which it can be: 503 for a moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.conftest import StartServer
from contract_tests.death import aftermath
from contract_tests.death.conftest import CALLS, ROUNDS, SETTINGS, World
from contract_tests.death.load import loaded
from contract_tests.death.processes import all_of_postgres, backends, kill
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.embedded_users import postmaster
from persistence.embedded import connection_url


def kill_some(server: ServerProcess, number: int) -> None:
    """Round by round: its first process, one that answers a connection, all of them."""
    match number % 3:
        case 0:
            kill(postmaster(server.data_dir))
        case 1:
            kill(*backends(server.data_dir)[:1])
        case _:
            kill(*all_of_postgres(server.data_dir))


@pytest.mark.promise("C10", "C11")
@pytest.mark.timeout(600)  # on a machine that is busy with more than this
async def test_postgresql_dies_twenty_times(
    start_server: StartServer, used_data_dir: Path, world: Callable[[str], World]
) -> None:
    server = start_server(database_url=None, data_dir=used_data_dir, workers=2, variables=SETTINGS)
    url = connection_url(server.data_dir)
    people, journal = world(url)
    async with loaded(server.url, people, journal) as load:
        for number in range(ROUNDS):
            await load.progress(CALLS)
            kill_some(server, number)
            await load.outage()
            await load.progress(1)
    assert load.broken == 0, "every call was answered"
    assert load.answers.keys() == {200, 201, 400, 503} | load.answers.keys() & {404}, load.answers
    assert not any(event["event"] == "worker_died" for event in server.events)
    await aftermath.hold(server, url, journal, people)
    assert server.stop() == 0
