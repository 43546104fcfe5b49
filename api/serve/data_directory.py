"""The data directory belongs to one running server at a time.

The claim is a lock that the kernel lets go when the process ends, however it ends, so there is no stale
lock to clean up. `server.json` tells programs on the same host (the command line, monitoring) where the
running server listens.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson

from api.serve.startup import StartFailed

LOCK = "server.lock"
DESCRIPTION = "server.json"


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Hold the directory, made with mode 0700 if it is missing. Raises StartFailed when another holds it.

    A start that fails before anything is kept in a directory that it made takes it away again.
    """
    was_there = directory.exists()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise StartFailed(f"The data directory {directory} cannot be used ({failure.strerror}).") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartFailed(f"The data directory {directory} is in use by another server.") from None
        yield
    except BaseException:
        if not was_there:
            _removed_if_unused(directory)
        raise
    finally:
        os.close(lock)


def _removed_if_unused(directory: Path) -> None:
    if [each.name for each in directory.iterdir()] == [LOCK]:
        (directory / LOCK).unlink()
        directory.rmdir()


@contextmanager
def described(directory: Path, description: Mapping[str, object]) -> Iterator[None]:
    """Keep `server.json` in place while the server runs, readable by its user only."""
    with kept(directory, DESCRIPTION, description):
        yield


@contextmanager
def kept(directory: Path, name: str, content: Mapping[str, object]) -> Iterator[None]:
    """Keep a file with that content in place during the block, readable by the server's user only."""
    path = directory / name
    unfinished = directory / f"{name}.new"
    unfinished.unlink(missing_ok=True)
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    unfinished.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
