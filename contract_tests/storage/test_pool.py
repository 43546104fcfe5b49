"""What the pool promises: never more than its size, first come first served, nothing broken handed out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from persistence.address import Address
from persistence.pool import Pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = Pool(Address.parse(database_url).open, size=2, patience_s=0.1)
    yield pool
    await pool.close()


async def process(connection: Any) -> int:
    return int(await connection.fetchval("SELECT pg_backend_pid()"))


class TestPool:
    async def test_opens_none_before_it_is_needed(self, pool: Pool) -> None:
        assert pool.acquire_idle() is None
        assert pool.in_use == 0

    async def test_hands_out_again_what_was_given_back(self, pool: Pool) -> None:
        first = await pool.acquire(2)
        pool.release(first)
        assert pool.acquire_idle() is first
        assert pool.in_use == 1
        pool.release(first)
        assert pool.in_use == 0

    async def test_never_has_more_than_its_size(self, pool: Pool) -> None:
        async def use() -> int:
            connection = pool.acquire_idle() or await pool.acquire(5)
            assert pool.in_use <= pool.size
            try:
                return await process(connection)
            finally:
                pool.release(connection)

        assert len(set(await asyncio.gather(*(use() for _ in range(50))))) <= pool.size

    async def test_serves_in_the_order_of_waiting(self, pool: Pool) -> None:
        held = [await pool.acquire(2), await pool.acquire(2)]
        served = []

        async def wait(number: int) -> None:
            connection = await pool.acquire(5)
            served.append(number)
            pool.release(connection)

        waiting = [asyncio.create_task(wait(number)) for number in range(5)]
        await asyncio.sleep(0)
        for connection in held:
            pool.release(connection)
        await asyncio.gather(*waiting)
        assert served == [0, 1, 2, 3, 4]

    async def test_a_wait_has_an_end(self, pool: Pool) -> None:
        held = [await pool.acquire(2), await pool.acquire(2)]
        with pytest.raises(TimeoutError):
            await pool.acquire(0.05)
        for connection in held:
            pool.release(connection)
        assert await pool.acquire(0.05) in held

    async def test_what_comes_when_the_wait_is_given_up_is_not_lost(self, pool: Pool) -> None:
        held = [await pool.acquire(2), await pool.acquire(2)]
        waiting = asyncio.create_task(pool.acquire(5))
        await asyncio.sleep(0)
        pool.release(held[0])  # the place is taken, and at the same moment
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert pool.acquire_idle() is held[0]

    async def test_a_failure_to_open_is_everyones_own(self) -> None:
        async def refuse() -> Any:
            await asyncio.sleep(0.01)
            raise ConnectionRefusedError

        pool = Pool(refuse, size=1)
        outcomes = await asyncio.gather(*(pool.acquire(2) for _ in range(5)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ConnectionRefusedError] * 5
        assert pool.in_use == 0


class TestGivingBack:
    async def test_a_broken_connection_is_replaced(self, pool: Pool) -> None:
        connection = await pool.acquire(2)
        connection.terminate()
        pool.release(connection)
        assert await pool.acquire(2) is not connection

    async def test_one_that_breaks_while_idle_is_replaced(self, pool: Pool) -> None:
        connection = await pool.acquire(2)
        pool.release(connection)
        connection.terminate()
        assert await pool.acquire(2) is not connection
        assert pool.in_use == 1

    async def test_an_open_transaction_is_not_handed_on(self, pool: Pool) -> None:
        connection = await pool.acquire(2)
        await connection.execute("BEGIN")
        pool.release(connection)
        other = await pool.acquire(2)
        assert not other.is_in_transaction()

    async def test_whoever_waits_gets_the_place_of_a_broken_one(self, pool: Pool) -> None:
        held = [await pool.acquire(2), await pool.acquire(2)]
        waiting = asyncio.create_task(pool.acquire(5))
        await asyncio.sleep(0)
        held[0].terminate()
        pool.release(held[0])
        assert await waiting not in held

    async def test_twice_is_harmless(self, pool: Pool) -> None:
        connection = await pool.acquire(2)
        connection.terminate()
        pool.release(connection)
        pool.release(connection)
        assert pool.in_use == 0


class TestAge:
    async def test_renewed_are_replaced_idle_or_not(self, pool: Pool) -> None:
        held, idle = await pool.acquire(2), await pool.acquire(2)
        pool.release(idle)
        pool.renew()
        pool.release(held)
        renewed = [await pool.acquire(2), await pool.acquire(2)]
        assert not {held, idle} & set(renewed)

    async def test_long_idle_is_replaced(self, database_url: str) -> None:
        pool = Pool(Address.parse(database_url).open, size=1, longest_idle_s=-1)
        connection = await pool.acquire(2)
        pool.release(connection)
        assert pool.acquire_idle() is None
        assert connection.is_closed()
        await pool.close()

    async def test_long_used_is_replaced(self, database_url: str) -> None:
        pool = Pool(Address.parse(database_url).open, size=1, most_uses=2)
        connection = await pool.acquire(2)
        pool.release(connection)
        assert await pool.acquire(2) is connection
        pool.release(connection)
        other = await pool.acquire(2)
        assert other is not connection
        pool.release(other)
        await pool.close()


class TestClosing:
    async def test_waits_for_those_in_use(self, database_url: str) -> None:
        pool = Pool(Address.parse(database_url).open, size=2)
        held = [await pool.acquire(2), await pool.acquire(2)]
        closing = asyncio.create_task(pool.close())
        await asyncio.sleep(0)
        assert [await process(connection) for connection in held]
        for connection in held:
            pool.release(connection)
        await closing
        assert all(connection.is_closed() for connection in held)

    async def test_cuts_off_those_that_do_not_come_back(self, pool: Pool) -> None:
        held = await pool.acquire(2)
        await pool.close()
        assert held.is_closed()

    async def test_ends_every_wait(self, pool: Pool) -> None:
        held = [await pool.acquire(2), await pool.acquire(2)]
        waiting = asyncio.create_task(pool.acquire(5))
        await asyncio.sleep(0)
        await pool.close()
        with pytest.raises(asyncpg.InterfaceError):
            await waiting
        with pytest.raises(asyncpg.InterfaceError):
            await pool.acquire(2)
        assert all(connection.is_closed() for connection in held)
