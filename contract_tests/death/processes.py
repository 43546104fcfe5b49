"""The processes of a running server, found without asking it, and killed without warning."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from contract_tests.harness.server import ServerProcess
from contract_tests.storage.embedded_users import postmaster


def kill(*processes: int) -> None:
    """SIGKILL, all at once."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def children(process: int) -> list[int]:
    """The processes that it has started and that have not ended."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = each.read_text().rpartition(")")[2].split()
            if int(fields[1]) == process and fields[0] not in "ZX":
                found.append(int(each.parent.name))
    return found


def backends(data_dir: Path) -> list[int]:
    """The processes of PostgreSQL that answer the server's connections."""
    found = []
    for each in children(postmaster(data_dir)):
        with suppress(OSError):
            title = Path(f"/proc/{each}/cmdline").read_bytes().partition(b"\0")[0]
            if title.startswith(b"postgres: candor candor"):
                found.append(each)
    return found


def all_of_postgres(data_dir: Path) -> Sequence[int]:
    """PostgreSQL's first process and all that it started."""
    first = postmaster(data_dir)
    return (first, *children(first))


def accepting_workers(server: ServerProcess) -> dict[int, int]:
    """By the number of the worker, the process that accepts requests as that worker."""
    living: dict[int, int] = {}
    for event in server.events:
        if event["event"] == "worker_started":
            living[int(str(event["worker"]))] = int(str(event["pid"]))
        elif event["event"] == "worker_died":
            living.pop(int(str(event["worker"])), None)
    return living
