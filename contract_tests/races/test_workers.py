"""Both workers take part in the races: otherwise the second half of this suite would show nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.harness.lanes import opened
from contract_tests.races.conftest import Arena
from contract_tests.races.crowd import FIFTY

# Whichever worker is awake first takes what has come: on a busy machine one may get a whole crowd.
_CROWDS = 20


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nothing tells here who has a connection")
async def test_every_worker_has_its_share_of_the_crowd(arena: Arena) -> None:
    workers = [each["pid"] for each in arena.server.events if each["event"] == "worker_started"]
    pids = workers or [arena.server.process.pid]
    shares = [0 for _ in pids]
    for _ in range(_CROWDS):
        before = [_sockets(pid) for pid in pids]
        async with opened(arena.server.url, FIFTY):
            more = [_sockets(pid) - had for pid, had in zip(pids, before, strict=True)]
        assert sum(more) >= FIFTY
        shares = [had + each for had, each in zip(shares, more, strict=True)]
        if min(shares) >= 1:
            return
    raise AssertionError(f"{_CROWDS} crowds were shared out as {shares}")


def _sockets(pid: object) -> int:
    links = (each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir())
    return sum(str(each).startswith("socket:") for each in links)
