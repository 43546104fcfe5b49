"""The ledger as a test uses it: people, calls of the assistant in short, and the books, read in a way of the
test's own.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from persistence.address import Address
from persistence.credits import giving, holding, refreshing, settling, sweeping, wallets
from persistence.credits.giving import LotKind
from persistence.credits.ids import Ids as IdsPort
from persistence.credits.settling import Settled, Settlement
from persistence.database import Database

NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 1, tzinfo=UTC)
A_MONTH = 500_000
CALL_TAKES = timedelta(minutes=10)
MODEL = "demo"
SOON_S = 30.0


class Ids:
    """Ids that tell in which order they were made."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def id(self, now: datetime) -> str:
        return f"{next(self._numbers):026d}"


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a wallet says."""

    posted: int
    held: int
    open_holds: int
    granted_for: str | None
    next_expiry: datetime | None


# Each looks for what must not be, by other means than the program's own.
_FAULTS = {
    "transactions that do not sum to zero": """
        SELECT id FROM credit_transaction AS t
         WHERE 0 <> coalesce((SELECT sum(amount) FROM credit_entry WHERE transaction_id = t.id), -1)
    """,
    "wallets that are not the sum of entries": """
        SELECT user_id FROM credit_wallet AS w WHERE posted <> (
            SELECT coalesce(sum(e.amount), 0)
              FROM credit_entry e JOIN credit_transaction t ON t.id = e.transaction_id
             WHERE t.user_id = w.user_id AND e.account = 'user')
    """,
    "wallets that are not the sum of lots": """
        SELECT user_id FROM credit_wallet AS w WHERE posted <> (
            SELECT coalesce(sum(remaining), 0) FROM credit_lot AS l WHERE l.user_id = w.user_id)
    """,
    "wallets that hold something else than their holds": """
        SELECT user_id FROM credit_wallet AS w WHERE (held, open_holds) <> (
            SELECT coalesce(sum(amount), 0), count(*) FROM credit_hold AS h WHERE h.user_id = w.user_id)
    """,
    "wallets that expire at another time than their lots": """
        SELECT user_id FROM credit_wallet AS w WHERE next_expiry IS DISTINCT FROM (
            SELECT min(expires_at) FROM credit_lot AS l WHERE l.user_id = w.user_id AND remaining > 0)
    """,
    "calls that were charged something else than their transaction says": """
        SELECT c.id FROM assistant_call AS c WHERE (credits, absorbed) <> (
            SELECT coalesce(-sum(amount) FILTER (WHERE account = 'user'), 0),
                   coalesce(-sum(amount) FILTER (WHERE account = 'absorbed'), 0)
              FROM credit_transaction t JOIN credit_entry e ON e.transaction_id = t.id
             WHERE t.key = 'call:' || c.id)
    """,
}


class Ledger:
    """One database's books."""

    def __init__(self, url: str, database: Database, ids: IdsPort | None = None) -> None:
        self.url = url
        self.database = database
        self.ids = ids or Ids()

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        connection = await self.database.acquire()
        try:
            return [dict(each) for each in await connection.fetch(query, *values)]
        finally:
            self.database.release(connection)

    async def value(self, query: str, *values: object) -> Any:
        (row,) = await self.rows(query, *values)
        (value,) = row.values()
        return value

    async def person(self, plan: str = "individual") -> str:
        """A new account on that plan, without a wallet."""
        user_id = f"P{self.ids.id(NOW)[1:]}"
        await self.rows(
            "INSERT INTO account (id, username, email, name, plan, created_at, updated_at)"
            " VALUES ($1, $1, $1, $1, $2, now(), now())",
            user_id,
            plan,
        )
        return user_id

    async def person_with(self, amount: int, *, kind: LotKind = "paid", until: datetime | None = None) -> str:
        """A new account that has that many and gets no more."""
        user_id = await self.person("basic")
        await self.give(user_id, amount, kind=kind, until=until)
        return user_id

    async def put_on(self, user_id: str, plan: str, until: datetime | None = None) -> None:
        await self.rows("UPDATE account SET plan = $2, plan_until = $3 WHERE id = $1", user_id, plan, until)

    async def give(
        self,
        user_id: str,
        amount: int,
        *,
        kind: LotKind = "paid",
        until: datetime | None = None,
        now: datetime = NOW,
    ) -> None:
        await wallets.make(self.database.unit_of_work(), user_id=user_id, now=now)
        async with self.database.unit_of_work() as store:
            given = await giving.give(
                store,
                transaction_id=self.ids.id(now),
                lot_id=self.ids.id(now),
                user_id=user_id,
                kind=kind,
                amount=amount,
                key=f"grant:{self.ids.id(now)}",
                expires_at=until,
                month=None,
                now=now,
            )
        assert given is not None

    async def refresh(self, user_id: str, now: datetime = NOW) -> None:
        async with self.database.unit_of_work() as store:
            await refreshing.refresh(store, user_id=user_id, now=now, randomness=self.ids)

    async def reserve(
        self,
        user_id: str,
        wanted: int = 100,
        *,
        id: str | None = None,
        at_most: int = 1_000_000,
        least: int = 1,
        open_at_most: int = 1_000,
        token_credit: int = 1,
        now: datetime = NOW,
        key: bytes | None = None,
    ) -> tuple[str, int | None]:
        """Begin a call; its id and what is held for it."""
        id = id or self.ids.id(now)
        held = await holding.reserve(
            self.database.unit_of_work(),
            id=id,
            user_id=user_id,
            model=MODEL,
            token_credit=token_credit,
            wanted=wanted,
            at_most=at_most,
            least=least,
            open_at_most=open_at_most,
            now=now,
            expires_at=now + CALL_TAKES,
            key_hash=key,
            fingerprint=key and b"f" * 32,
        )
        return id, held

    async def settle(
        self,
        user_id: str,
        id: str,
        tokens: int,
        *,
        charge: bool = True,
        error_code: str | None = None,
        now: datetime = NOW,
    ) -> Settled | None:
        """End a call that took so many tokens."""
        call = Settlement(
            id=id,
            user_id=user_id,
            prompt_tokens=tokens - tokens // 3,
            completion_tokens=tokens // 3,
            estimated=False,
            latency_ms=12,
            error_code=error_code,
            charge=charge,
            now=now,
            transaction_id=self.ids.id(now),
        )
        return await settling.settle(self.database.unit_of_work(), call=call)

    async def sweep(self, now: datetime = NOW + CALL_TAKES, at_most: int = 1_000) -> int:
        async with self.database.unit_of_work() as store:
            return await sweeping.release_overdue(store, now=now, at_most=at_most)

    @asynccontextmanager
    async def wallet_in_hand(self, user_id: str) -> AsyncIterator[asyncpg.Connection[Any]]:
        """Somebody else who has the lock on a wallet until the end of the block, and what they do becomes
        final then."""
        connection = await Address.parse(self.url).open()
        try:
            async with connection.transaction():
                await connection.execute("SELECT 1 FROM credit_wallet WHERE user_id = $1 FOR UPDATE", user_id)
                yield connection
        finally:
            await connection.close()

    async def until_somebody_waits(self) -> None:
        """Until a statement on this database waits for a lock."""
        query = (
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        async with asyncio.timeout(SOON_S):
            while not await self.value(query):  # noqa: ASYNC110 (the event is in another process)
                await asyncio.sleep(0.01)

    async def wallet(self, user_id: str) -> Wallet:
        (row,) = await self.rows(
            "SELECT posted, held, open_holds, granted_for, next_expiry FROM credit_wallet WHERE user_id = $1",
            user_id,
        )
        return Wallet(**row)

    async def lots(self, user_id: str) -> list[tuple[str, int]]:
        """Kind and what remains of each lot, in the order in which they came."""
        query = "SELECT kind, remaining FROM credit_lot WHERE user_id = $1 ORDER BY id"
        return [(row["kind"], row["remaining"]) for row in await self.rows(query, user_id)]

    async def keys(self, user_id: str) -> list[str]:
        """The keys of the person's transactions."""
        query = "SELECT key FROM credit_transaction WHERE user_id = $1 ORDER BY id"
        return [row["key"] for row in await self.rows(query, user_id)]

    async def sum_of(self, user_id: str, account: str) -> int:
        """What one account of the books has in all, of this person's transactions."""
        query = (
            "SELECT coalesce(sum(amount), 0)::bigint FROM credit_entry JOIN credit_transaction AS t"
            " ON t.id = transaction_id WHERE t.user_id = $1 AND account = $2"
        )
        return int(await self.value(query, user_id, account))

    async def faults(self) -> list[str]:
        """What is wrong with the books; nothing, if they balance."""
        return [what for what, query in _FAULTS.items() if await self.rows(query)]
