"""The contract that clients have: that of the latest version tag, or without one, the copy kept here."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from api.contract.document import Document, load, parse
from contract_tests.harness.contract import CONTRACT, REPOSITORY

KEPT = Path(__file__).with_name("published.yaml")


@cache
def published() -> Document:
    """The last contract that was published, under a tag `v…` or, before the first, as `published.yaml`."""
    raw = tagged(CONTRACT)
    return parse(raw) if raw else load(KEPT)


def tagged(file: Path) -> bytes | None:
    """A file of the repository as the latest version tag has it; None without one."""
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v*")
    return _git("show", f"{tag.decode().strip()}:{file.relative_to(REPOSITORY)}") if tag else None


def _git(*arguments: str) -> bytes | None:
    """What git says, or None: no git, no history, no such thing in it."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=REPOSITORY, capture_output=True, check=False, timeout=30
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
