"""A copy of the working tree in which faults are made and undone, one at a time, and tests are run.

The repository itself is never touched. Python takes a compiled module for current when the source has the
same size and the same second of change, so each change gets a second of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.contract import strict_yaml
from contract_tests.faults.fault import Fault


class NotApplicable(Exception):
    """A fault cannot be made here. The text is one sentence."""


class Stale(NotApplicable):
    """The text that a fault replaces is not in its file, or more than once."""


class NoTree(Exception):
    """There is no working tree to copy. The text is one sentence."""


class Workshop:
    """A copy of the tree below `place`, with room for the temporary files of its tests."""

    def __init__(self, repository: Path, place: Path) -> None:
        """Copy. Raises NoTree."""
        self.root: Final = place / "tree"
        self.temporary: Final = place / "tmp"
        self.temporary.mkdir(parents=True)
        for name in files_of(repository):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, self.root / name)
        if (repository / ".venv").exists():
            (self.root / ".venv").symlink_to(repository / ".venv")
        self._changes = 0

    @contextmanager
    def with_fault(self, fault: Fault) -> Iterator[None]:
        """The fault is made for the length of the block. Raises NotApplicable."""
        path = self.root / fault.file
        before, times = path.read_text() if path.is_file() else "", path.stat() if path.is_file() else None
        if times is None:
            raise Stale(f"there is no file {fault.file}")
        self._changes += 1
        path.write_text(changed(before, fault))
        os.utime(path, (times.st_atime, times.st_mtime + self._changes))
        try:
            yield
        finally:
            path.write_text(before)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def changed(text: str, fault: Fault) -> str:
    """A file's text with the fault in it. Raises Stale, and NotApplicable for what nobody could run."""
    count = text.count(fault.replace)
    if count != 1:
        raise Stale(f"{fault.file} has the text to replace {count} times, and not once")
    faulty = text.replace(fault.replace, fault.by)
    if faulty == text:
        raise NotApplicable("it changes nothing")
    try:
        if fault.file.endswith(".py"):
            compile(faulty, fault.file, "exec", dont_inherit=True)
        elif fault.file.endswith(".yaml"):
            strict_yaml.read(faulty.encode())
    except (SyntaxError, strict_yaml.YamlRefused):
        raise NotApplicable(
            f"{fault.file} with the fault in it is not {fault.file[-4:].strip('.')}"
        ) from None
    return faulty


def files_of(repository: Path) -> list[Path]:
    """The files that git knows, or would on `git add`, as they are in the working tree. Raises NoTree."""
    # A container may have checked the tree out as another user, which git asks about before it reads.
    ask = ["git", "-c", f"safe.directory={repository}", "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(ask, cwd=repository, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise NoTree(f"git does not list the files of {repository}.") from None
    names = {Path(each) for each in listed.decode().split("\0") if each}
    return sorted(each for each in names if (repository / each).is_file())
