"""Where the logs of the servers that a run starts go: into its records, to be read when all tests have run.

A run that keeps no records has them in files without a name.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from contract_tests.harness import records

if TYPE_CHECKING:
    from typing_extensions import Buffer

SERVER_LOGS = "server-logs"  # a file for each start of the program: what it said on standard error
POSTGRES_LOGS = "postgres-logs"  # what each PostgreSQL of our own wrote


def for_standard_error() -> IO[bytes]:
    """A new file for what a server says, open for reading and writing."""
    kept = records.folder(SERVER_LOGS)
    if kept is None:
        return tempfile.TemporaryFile()
    return tempfile.NamedTemporaryFile(dir=kept, prefix=f"{os.getpid()}-", suffix=".log", delete=False)


class KeptStream(io.BytesIO):
    """A log in memory, of a part of the program that a test runs in its own process. It is kept as well."""

    def write(self, line: Buffer) -> int:
        """Take in a line."""
        kept = records.folder(SERVER_LOGS)
        if kept is not None:
            with (kept / f"{os.getpid()}-in-tests.log").open("ab") as out:
                out.write(line)
        return super().write(line)


def keep_postgres_logs(directory: Path) -> None:
    """Copy what PostgreSQL wrote below a directory so far; whatever was kept of it before is replaced.

    As text, because PostgreSQL's files belong to a user of its own.
    """
    kept = records.folder(POSTGRES_LOGS)
    if kept is None:
        return
    for log in directory.rglob("postgresql-*.log"):
        name = "-".join([str(os.getpid()), *log.parts[-5:]])
        (kept / name).write_text(log.read_text(encoding="utf-8", errors="replace"), encoding="utf-8")


def kept_logs(directory: Path, kind: str) -> Iterator[tuple[str, str]]:
    """Name and text of every log of a kind in the records of a run. An absent directory holds none."""
    for file in sorted((directory / kind).glob("*")):
        yield file.name, file.read_text(encoding="utf-8", errors="replace")
