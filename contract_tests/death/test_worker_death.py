"""A worker is killed under load, twenty times: another answers meanwhile, its successor comes by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.conftest import StartServer
from contract_tests.death import aftermath
from contract_tests.death.conftest import CALLS, ROUNDS, SETTINGS, World
from contract_tests.death.load import loaded
from contract_tests.death.processes import accepting_workers, kill
from contract_tests.serve.test_stop import eventually
from persistence.embedded import connection_url


@pytest.mark.timeout(600)  # on a machine that is busy with more than this
async def test_a_worker_dies_twenty_times(
    start_server: StartServer, used_data_dir: Path, world: Callable[[str], World]
) -> None:
    server = start_server(database_url=None, data_dir=used_data_dir, workers=2, variables=SETTINGS)
    url = connection_url(server.data_dir)
    people, journal = world(url)
    async with loaded(server.url, people, journal) as load:
        for number in range(ROUNDS):
            await asyncio.to_thread(eventually, lambda: len(accepting_workers(server)) == 2, "both accept")
            await load.progress(CALLS)
            kill(accepting_workers(server)[number % 2])
            await load.progress(CALLS)
    assert 503 not in load.answers, load.answers
    assert load.broken > 0
    died = [event for event in server.events if event["event"] == "worker_died"]
    assert len(died) == ROUNDS
    await aftermath.hold(server, url, journal, people)
    assert server.stop() == 0
