"""Packages from npm, for tests and checks: a folder with a `package-lock.json` gets what it locks.

They are installed below that folder once, and again when the lock changes. Nothing that a package wants to
run at its installation is run, and what is downloaded must have the digest in the lock. Processes that want
the same folder take turns.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

INSTALL_LIMIT_S = 300.0


class NodeMissing(Exception):
    """There is no `node` or no `npm` on the path."""


def installed(folder: Path) -> Path:
    """The `node_modules` of a folder, as its lock says.

    Raises NodeMissing, and AssertionError with npm's words when it could not install.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NodeMissing("there is no Node with npm on the PATH")
    modules = folder / "node_modules"
    lock = folder / "package-lock.json"
    copy = modules / "installed-lock.json"  # written last: without it the installation did not end
    with lock.open("rb") as wanted:
        fcntl.flock(wanted, fcntl.LOCK_EX)
        content = wanted.read()
        if not copy.exists() or copy.read_bytes() != content:
            _install(folder)
            copy.write_bytes(content)
    return modules


def expected_here() -> bool:
    """Whether a missing Node is a fault: on the machine that checks every change it is."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def _install(folder: Path) -> None:
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    done = subprocess.run(
        ["npm", "ci", *quiet],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_LIMIT_S,
    )
    assert done.returncode == 0, f"npm ci in {folder.name}: {done.stderr}"
