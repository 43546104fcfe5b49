"""What a command works with: the store, randomness, the settings, and the moment at which it was typed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from api.gateways.randomness import SystemRandomness
from api.settings import Settings
from handlers.ports import Randomness
from persistence.database import Database
from persistence.embedded import EmbeddedPostgres
from persistence.revision import is_newest
from persistence.unit_of_work import UnitOfWork

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Desk:
    """One command's means. What it does to the store is committed when it returns, and undone when it
    raises.
    """

    settings: Settings
    store: UnitOfWork
    randomness: Randomness
    now: datetime


def at_desk(settings: Settings, work: Callable[[Desk], Awaitable[_Result]]) -> _Result:
    """Run `work` on the migrated database: a server's, one that runs in the data directory, or one started
    for it.

    Raises what `work` raises, EmbeddedPostgresError, MigrationRefused, StoreUnavailable.
    """
    with database(settings) as url:
        if not asyncio.run(is_newest(url)):
            from persistence.migrations import migrate  # Alembic, which hardly ever has anything to do

            migrate(url, report=report)
        return asyncio.run(_in_one_unit(settings, url, work))


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The URL of the database. Our own runs until the end of the block, and on if others use it."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedPostgres(settings.data_dir)
    try:
        yield server.start(report)
    finally:
        server.stop(report)


def report(progress: str) -> None:
    """Tell a person who waits at a terminal what is being done; programs get nothing but results and
    refusals.
    """
    if sys.stderr.isatty():
        sys.stderr.write(f"candor: {progress}\n")


async def _in_one_unit(settings: Settings, url: str, work: Callable[[Desk], Awaitable[_Result]]) -> _Result:
    opened = await Database.connect(url, pool_size=1)
    try:
        async with opened.unit_of_work() as store:
            desk = Desk(settings=settings, store=store, randomness=SystemRandomness(), now=datetime.now(UTC))
            return await work(desk)
    finally:
        await opened.close()
