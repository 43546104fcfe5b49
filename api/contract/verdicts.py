"""Documents that were found valid before, kept inside the virtual environment that found them so.

Judging a document takes a process of its own and half a second of work, and what judged it is all in that
environment: the same document, judged by the same code, the same packages and the same interpreter, is valid
again. A verdict is worth as much as a compiled module beside its source: whoever can write it can write the
code too, so what anybody else could have written is not believed. Only that a document is valid is kept. What
was wrong with one is found out anew, and without a place to keep verdicts every start judges for itself.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import sysconfig
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

_REPOSITORY = Path(__file__).resolve().parents[2]
_JUDGE = Path(__file__).with_name("validity.py")
_ENVIRONMENT = _REPOSITORY / ".venv"
_LARGEST: Final = 64 * 1024  # bytes; far more than is kept
KEPT: Final = 200  # the latest: documents change


class Verdicts:
    """The file that they are kept in, one line for each document; None keeps nothing."""

    def __init__(self, file: Path | None, *, packages: Path) -> None:
        """`packages` is where the packages are installed that judge."""
        self._file = file
        self._packages = packages

    @classmethod
    def of_this_environment(cls) -> Verdicts:
        """Those of the environment that runs us, if it is the one that belongs to the repository."""
        ours = Path(sys.prefix).resolve() == _ENVIRONMENT.resolve()
        file = Path(sys.prefix) / "candor-valid-contracts.txt" if ours else None
        return cls(file, packages=Path(sysconfig.get_path("purelib")))

    def has(self, document: bytes) -> bool:
        """Whether this very document was found valid by what would judge it now."""
        return self._name(document) in self._lines()

    def keep(self, document: bytes) -> None:
        """Remember that the document is valid, if that can be remembered."""
        if self._file is None:
            return
        lines = [self._name(document), *self._lines()][:KEPT]
        with suppress(OSError):
            descriptor, name = tempfile.mkstemp(dir=self._file.parent, prefix=f".{self._file.name}.")
            try:
                with os.fdopen(descriptor, "w") as new:
                    new.write("".join(f"{line}\n" for line in lines))
                Path(name).chmod(0o644)
                Path(name).replace(self._file)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise

    def _name(self, document: bytes) -> str:
        """One line for a document and all that judges it: our code, the packages with their versions, the
        interpreter."""
        installed = sorted(each.name for each in self._packages.iterdir() if each.name.endswith("-info"))
        judge = hashlib.sha256(_JUDGE.read_bytes()).hexdigest()
        parts = (sys.version, *installed, judge, hashlib.sha256(document).hexdigest())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _lines(self) -> list[str]:
        if self._file is None:
            return []
        try:
            descriptor = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return []
        with os.fdopen(descriptor, "rb") as kept:
            if not _is_as_good_as_code(os.fstat(descriptor)):
                return []
            return kept.read(_LARGEST).decode("ascii", "replace").splitlines()


def _is_as_good_as_code(found: os.stat_result) -> bool:
    """Whether only we, or whoever owns the environment and with it the code, can have written it."""
    owners = {os.geteuid(), Path(sys.prefix).stat().st_uid}
    written_by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISREG(found.st_mode) and found.st_uid in owners and not written_by_others
