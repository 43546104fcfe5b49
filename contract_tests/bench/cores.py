"""Which core does what: the measured server on one, its driver on another, where the system can say so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

ANY = -1


def server_and_driver() -> tuple[int, int]:
    """One core for the server and one for the driver; `ANY` twice where processes cannot be pinned."""
    if not hasattr(os, "sched_getaffinity"):
        return ANY, ANY
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (ANY, ANY)


def stay_on(core: int) -> None:
    """Keep this process, and every process it starts from now on, on a core."""
    if core != ANY:
        os.sched_setaffinity(0, {core})


@contextmanager
def starting_on(core: int) -> Iterator[None]:
    """Processes that are started meanwhile stay on a core; this one goes back to where it was."""
    if core == ANY:
        yield
        return
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


def cpu_seconds(pid: int) -> float | None:
    """User and system seconds that a process has used so far; None where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123  # a path object would cost more than the look
            fields = stat.read().rpartition(") ")[2].split()
    except FileNotFoundError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
