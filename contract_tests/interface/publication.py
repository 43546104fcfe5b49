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
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v*")
    tagged = _git("show", f"{tag.decode().strip()}:{CONTRACT.name}") if tag else None
    return parse(tagged) if tagged else load(KEPT)


def _git(*arguments: str) -> bytes | None:
    """What git says, or None: no git, no history, no such thing in it."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=REPOSITORY, capture_output=True, check=False, timeout=30
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
