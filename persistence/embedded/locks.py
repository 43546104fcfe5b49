"""File locks that the kernel releases when their holder dies, however it dies."""

import fcntl
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from persistence.embedded.layout import Layout

_PAUSE_S: Final = 0.01
_PATIENCE_S: Final = 3.0
"""Seconds of silence before and between progress reports."""


def open_lock(layout: Layout, path: Path) -> int:
    """A handle for locking ``path``, which is created when missing. Close it to give the lock up."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    layout.give_to_owner(handle)
    return handle


def try_lock(handle: int, *, shared: bool = False) -> bool:
    """Take the lock if that is possible at once."""
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(handle: int) -> None:
    """Give the lock up, also for copies of the handle in forked processes, and close it."""
    fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)


@contextmanager
def in_control(layout: Layout, report: Callable[[str], None]) -> Iterator[None]:
    """Alone in deciding about start and stop. Waits for others without a limit, and says so."""
    handle = open_lock(layout, layout.control_lock)
    try:
        for _ in waiting(math.inf, report, "waiting for another process that starts or stops PostgreSQL"):
            if try_lock(handle):
                break
        yield
    finally:
        unlock(handle)


def waiting(limit_s: float, report: Callable[[str], None], message: str) -> Iterator[None]:
    """Attempts, a moment apart, until ``limit_s`` seconds are over; ``message`` is reported every few
    seconds.

    Neither a file lock nor PostgreSQL's note of its state can be waited for, hence the clock.
    """
    began = said = time.monotonic()
    while (now := time.monotonic()) - began < limit_s:
        yield
        if now - said > _PATIENCE_S:
            report(message)
            said = now
        time.sleep(_PAUSE_S)  # noqa: TID251 - see above


def is_held(layout: Layout, path: Path) -> bool:
    """Whether anyone holds ``path``. Ask only while in control: asking takes the lock for an instant."""
    handle = open_lock(layout, path)
    try:
        return not try_lock(handle)
    finally:
        os.close(handle)
