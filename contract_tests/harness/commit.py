"""The commit that is tested: what a run takes a share of, it takes by it, the same commit always the same."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit(repository: Path) -> str | None:
    """Its id in hexadecimal digits; None where git does not tell."""
    # A container may have checked the tree out as another user, which git asks about before it reads.
    ask = ["git", "-c", f"safe.directory={repository}", "rev-parse", "HEAD"]
    try:
        return subprocess.run(ask, cwd=repository, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
