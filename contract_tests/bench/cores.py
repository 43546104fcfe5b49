"""Which core does what: the measured server alone on one, its driver and PostgreSQL on others, where the
system can say so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

ANY = -1


@dataclass(frozen=True, slots=True)
class Cores:
    """A core for the measured server, one for PostgreSQL and one for the driver; `ANY` is no particular one.

    With two cores PostgreSQL shares the driver's: the server under measurement has its own in any case.
    """

    server: int
    database: int
    driver: int

    @property
    def pinned(self) -> bool:
        """Whether they are kept apart."""
        return self.server != ANY


def assigned() -> Cores:
    """Who gets which core here; `ANY` for all where processes cannot be pinned or there is one core."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        return Cores(ANY, ANY, ANY)
    return Cores(cores[0], cores[2] if len(cores) > 2 else cores[1], cores[1])


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
