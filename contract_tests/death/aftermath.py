"""What is looked at after the last death, the same for every way to die."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from contract_tests.admin.typed import typed
from contract_tests.death import replay, verdict
from contract_tests.death.journal import Journal
from contract_tests.death.stored import Stored
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess


async def hold(server: ServerProcess, url: str, journal: Journal, people: Sequence[Person]) -> None:
    """Journal against database, every kind of credential over HTTP, and `doctor`. Raises AssertionError."""
    stored = await asyncio.to_thread(Stored.read, url)
    verdict.hold(journal, stored)
    await replay.hold(server.url, journal, people)
    ended = await asyncio.to_thread(
        typed, "doctor", "--json", f"--data-dir={server.data_dir}", f"--database-url={url}"
    )
    assert ended.code == 0, ended.stdout
    events = {event["event"] for event in server.events}
    assert not events & {"unhandled_exception", "contract_violation"}, events
