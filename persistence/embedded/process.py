"""The server's process: is it there, is it ready, start it, end it.

Whether the server lives is told by a lock that its processes inherit and the kernel releases with the last of
them. PostgreSQL's own note (postmaster.pid) cannot tell: after a SIGKILL or a power cut it stays behind, and
its number may by then belong to another process of the same user, which makes PostgreSQL refuse to start.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from persistence.embedded.binaries import Binaries
from persistence.embedded.creation import failure_line
from persistence.embedded.errors import EmbeddedPostgresError
from persistence.embedded.identity import ServerUser, ensure_directory
from persistence.embedded.launch import run_detached
from persistence.embedded.layout import Layout
from persistence.embedded.locks import is_held, open_lock, try_lock, waiting

_START_LIMIT_S: Final = 900.0
"""Recovery after a crash replays up to a gigabyte of log; a slow disk takes minutes for it."""
_STOP_LIMIT_S: Final = 120.0
_LARGEST_OLD_LOG: Final = 1 << 20

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Note:
    """What postmaster.pid says."""

    process: int
    state: str


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """The server of one layout. Call all methods but ``is_served_by`` while in control
    (``locks.in_control``)."""

    layout: Layout

    def is_alive(self) -> bool:
        """Whether any process of the server exists, ready or not."""
        return is_held(self.layout, self.layout.alive_lock)

    def number(self) -> int | None:
        """The process that serves the cluster, as PostgreSQL noted it; None while there is no note."""
        note = self._note()
        return None if note is None else note.process

    def is_served_by(self, process: int) -> bool:
        """Whether ``process`` still serves the cluster, as far as the system tells. It takes some
        microseconds and no lock, so it needs no control."""
        return not self._is_elsewhere(process)

    def settle(self, report: Report) -> bool:
        """Wait until the server is either ready (True) or gone (False). One that is shutting down is told to
        hurry."""
        for _ in waiting(
            _START_LIMIT_S, report, "waiting for PostgreSQL, which repairs itself after a crash"
        ):
            if not self.is_alive():
                return False
            note = self._note()
            if note is None or self._is_elsewhere(note.process):
                continue  # starting, or the last processes of a server that was killed
            if note.state == "ready":
                return True
            if note.state == "stopping":
                _signal(note.process, signal.SIGINT)
        raise EmbeddedPostgresError(f"PostgreSQL in {self.layout.root} neither becomes ready nor ends.")

    def spawn(self, binaries: Binaries, user: ServerUser | None) -> None:
        """Start the server; ``settle`` tells how that went. Nothing of it may be alive."""
        self._sweep()
        for directory in (self.layout.sockets, self.layout.logs):
            ensure_directory(directory, user)
        alive = open_lock(self.layout, self.layout.alive_lock)
        self.layout.write(self.layout.start_log, "")
        try:
            if not try_lock(alive):
                raise EmbeddedPostgresError(f"PostgreSQL already runs in {self.layout.root}.")
            with self.layout.start_log.open("ab") as output:
                program = (
                    *(binaries.postgres, "-D", self.layout.cluster),
                    *(
                        "-c",
                        f"config_file={self.layout.settings}",
                        "-c",
                        f"hba_file={self.layout.access_rules}",
                    ),
                )
                run_detached(program, user, output=output, keep_open=alive)
        finally:
            os.close(alive)

    def end(self, report: Report) -> None:
        """Fast shutdown: sessions are cut off, everything is written, and all processes are gone on return.

        Raises EmbeddedPostgresError when they are not after two minutes.
        """
        told = None
        for _ in waiting(_STOP_LIMIT_S, report, "waiting for PostgreSQL to write everything and end"):
            if not self.is_alive():
                return
            note = self._note()
            if note is not None and note.process != told and not self._is_elsewhere(note.process):
                _signal(note.process, signal.SIGINT)
                told = note.process
        raise EmbeddedPostgresError(f"PostgreSQL in {self.layout.root} does not end.")

    def failure(self) -> str:
        """Why the server did not start, in its own words."""
        logs = sorted(self.layout.logs.glob("*.log"), key=lambda path: path.stat().st_mtime)
        sources = (self.layout.start_log, *logs[-1:])
        return failure_line(*(path.read_text("utf-8", "replace") for path in sources))

    def _sweep(self) -> None:
        """Remove what a killed server left behind and a new one would stumble over."""
        note = self._note()
        if note is not None and self._is_here(note.process):
            raise EmbeddedPostgresError(
                f"A PostgreSQL not started by Candor uses {self.layout.cluster}; stop process {note.process}."
            )
        self.layout.process_file.unlink(missing_ok=True)
        if self.layout.sockets.is_dir():
            for leftover in self.layout.sockets.iterdir():
                leftover.unlink()
        # PostgreSQL overwrites its weekday files only when it runs through midnight.
        if self.layout.logs.is_dir():
            for log in self.layout.logs.iterdir():
                if log.lstat().st_size > _LARGEST_OLD_LOG:
                    log.unlink()

    def _note(self) -> _Note | None:
        try:
            lines = self.layout.process_file.read_text(encoding="utf-8", errors="replace").splitlines()
            return _Note(int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting")
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def _is_here(self, process: int) -> bool:
        """Whether ``process`` surely works in our cluster, as a server of it does."""
        return self._shares_directory(process) is True

    def _is_elsewhere(self, process: int) -> bool:
        """Whether ``process`` surely is not the server: dead, out of our reach, or working somewhere else."""
        try:
            os.kill(process, 0)
        except (ProcessLookupError, PermissionError):
            return True
        return self._shares_directory(process) is False or _is_only_a_name(process)

    def _shares_directory(self, process: int) -> bool | None:
        """None when the system does not tell: it has no /proc, the process has just ended, or the cluster is
        gone."""
        try:
            return os.path.samestat(Path(f"/proc/{process}/cwd").stat(), self.layout.cluster.stat())
        except OSError:
            return None


def _is_only_a_name(process: int) -> bool:
    """Whether the process has ended and nobody asked how. In a container that can stay so for ever."""
    try:
        state = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in (b"Z", b"X")


def _signal(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)
