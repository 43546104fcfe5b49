"""A short name for a socket directory whose real path may be too long for the operating system.

A Unix socket address holds about a hundred bytes, and data directories can lie deeper than that. The server
gets a path relative to its own directory; clients, which cannot know theirs, get one from here for the moment
of connecting.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LONGEST: Final = 100 - len("/.s.PGSQL.5432")
"""Bytes left for a directory; Linux ends at 107, the BSDs and macOS at 103."""
_OPEN_FILES: Final = Path("/proc/self/fd")


@contextmanager
def reachable(directory: Path, open_files: Path = _OPEN_FILES) -> Iterator[str]:
    """A path to ``directory`` that fits into a socket address while the block runs.

    ``open_files`` is where the system names a process's open files as paths; without it a symbolic link
    serves. Raises OSError when the directory does not exist or may not be entered.
    """
    if len(os.fsencode(directory)) <= _LONGEST:
        yield str(directory)
    elif open_files.is_dir():
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield str(open_files / str(handle))
        finally:
            os.close(handle)
    else:
        # /tmp whatever TMPDIR says: the name has to be short, and the new directory in it is 0700.
        with tempfile.TemporaryDirectory(prefix="candor-", dir="/tmp") as private:
            link = Path(private, "s")
            link.symlink_to(directory)
            yield str(link)
