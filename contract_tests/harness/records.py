"""What a run of the tests writes down for the questions that only the whole run can answer.

A run writes only when it is told where (`pytest --records DIRECTORY`, which `scripts/test` does with a new
and empty one): what is judged at its end is then what this run did, in all of its processes, and nothing
that an earlier one or another one beside it left. Programs that a test starts do not inherit it; the one that
should write too is handed it (`VARIABLE`).
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "TEST_RECORDS"

_directory: Path | None = None


def keep_in(directory: str | Path | None) -> None:
    """From now on this process writes its records there, or nowhere."""
    global _directory
    _directory = Path(directory) if directory else None


def directory() -> Path | None:
    """Where this run's records are; None for a run that keeps none."""
    return _directory


def folder(kind: str) -> Path | None:
    """The directory of one kind of record, which is there now; None for a run that keeps none."""
    if _directory is None:
        return None
    made = _directory / kind
    made.mkdir(parents=True, exist_ok=True)
    return made


def append(kind: str, line: str) -> None:
    """Write a line down. One file a process, a line is one write: nobody else's can end up inside of it."""
    kept = folder(kind)
    if kept is not None:
        with (kept / str(os.getpid())).open("a", encoding="utf-8") as out:
            out.write(f"{line}\n")
