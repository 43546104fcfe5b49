"""How the pools of all workers stand: what they may open, hold and hand out, and who waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import rows
from contract_tests.metrics.reading import Reading
from contract_tests.serve.test_stop import eventually
from contract_tests.storage.cluster import SharedCluster
from persistence.address import Address
from persistence.pool import Pool

REGISTRATION = {"grant_types": ["client_credentials"], "scope": "profile:read"}
BESIDE_THE_POOL = 3  # readiness, the queue of jobs, a job that runs
OURS = 2  # the lock, and the connection that counts
IN_USE = {"name": "candor_database_connections", "state": "in_use"}


@pytest.fixture
def database_url(cluster: SharedCluster, migrated: str) -> str:
    return cluster.create_database("pool", like=migrated)


@asynccontextmanager
async def everything_locked(url: str) -> AsyncIterator[None]:
    """Nobody reads or writes instances inside the block."""
    connection = await Address.parse(url).open()
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE instance IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def becomes(server: ServerProcess, expected: float, name: str, **labels: str) -> None:
    def reached() -> bool:
        return Reading.of(server).value(name, **labels) == expected

    await asyncio.to_thread(eventually, reached, f"{name} {labels} is {expected}")


async def test_who_waits_is_seen(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url=database_url, variables={"CANDOR_POOL_SIZE": "2"})
    async with server.async_client() as client:
        async with everything_locked(database_url):
            calls = [
                asyncio.create_task(client.post("/oauth2/register", json=REGISTRATION)) for _ in range(5)
            ]
            await becomes(server, 2, **IN_USE)
            await becomes(server, 3, "candor_database_waiting")
            (held,) = rows(
                database_url,
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend'",
            )
            assert held["count"] <= 2 + BESIDE_THE_POOL + OURS
        assert {(await call).status_code for call in calls} == {201}
    await becomes(server, 0, **IN_USE)
    await becomes(server, 0, "candor_database_waiting")
    reading = Reading.of(server)
    assert reading.value("candor_database_connections", state="idle") == 2
    assert reading.value("candor_database_connections_max") == 2
    assert reading.value("candor_database_waits_total") >= 3
    assert reading.value("candor_database_timeouts_total") == 0


async def test_who_gets_no_connection_in_time_is_counted(database_url: str) -> None:
    pool = Pool(Address.parse(database_url).open, size=1)
    held = await pool.acquire(1)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await pool.acquire(0.01)
    assert (pool.usage.in_use, pool.usage.waits, pool.usage.timeouts, pool.usage.waiting) == (1, 2, 2, 0)
    pool.release(held)
    assert (pool.usage.in_use, pool.usage.idle) == (0, 1)
    await pool.close()
