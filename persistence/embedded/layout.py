"""Where the embedded server keeps its things below the data directory, and who may enter.

<data_dir>/postgres/               0700, of the user who runs Candor: nobody else gets any further
    cluster/                       PostgreSQL's data directory, 0700, of the server's user
    socket/                        its socket, 0700, of the server's user
    log/                           its log, a file a weekday, each overwritten a week later
    start.log                      what it said before its log was open, overwritten at each start
    postgresql.conf, pg_hba.conf   written anew at each start
    <role>.password                0600, random
    control.lock, use.lock, alive.lock
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from persistence.embedded.errors import EmbeddedPostgresError

EMBEDDED_SCHEME: Final = "candor-embedded"
APPLICATION: Final = "candor"
"""The application's role and the name of the one database it owns."""
ADMINISTRATOR: Final = "administrator"
"""The cluster's superuser, used to create it and by no part of the running server."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below one data directory. Looking at them creates nothing."""

    data_dir: Path

    port: Final = 5432  # a name inside the socket directory, not a TCP port

    @property
    def root(self) -> Path:
        """Everything below it is ours."""
        return self.data_dir / "postgres"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "cluster"

    @property
    def unfinished_cluster(self) -> Path:
        """A cluster being created; it takes its real name when it is complete."""
        return self.root / "cluster.unfinished"

    @property
    def sockets(self) -> Path:
        """The directory of the socket."""
        return self.root / "socket"

    @property
    def logs(self) -> Path:
        """The directory of PostgreSQL's log."""
        return self.root / "log"

    @property
    def start_log(self) -> Path:
        """What the server says until its log is open."""
        return self.root / "start.log"

    @property
    def settings(self) -> Path:
        """The postgresql.conf in force."""
        return self.root / "postgresql.conf"

    @property
    def access_rules(self) -> Path:
        """The pg_hba.conf in force."""
        return self.root / "pg_hba.conf"

    @property
    def control_lock(self) -> Path:
        """Held exclusively while someone decides to start or stop the server."""
        return self.root / "control.lock"

    @property
    def use_lock(self) -> Path:
        """Held, shared, by each program that uses the server."""
        return self.root / "use.lock"

    @property
    def alive_lock(self) -> Path:
        """Held by the server's own processes for as long as one of them lives."""
        return self.root / "alive.lock"

    @property
    def process_file(self) -> Path:
        """PostgreSQL's own note of the process that serves the cluster."""
        return self.cluster / "postmaster.pid"

    def password_file(self, role: str) -> Path:
        """Where the password of ``role`` is kept."""
        return self.root / f"{role}.password"

    def url(self, *, database: str = APPLICATION, role: str = APPLICATION) -> str:
        """The URL of a database here, for ``Database.connect``. It holds no secret."""
        chosen = {
            name: value for name, value in (("database", database), ("role", role)) if value != APPLICATION
        }
        address = f"{EMBEDDED_SCHEME}://{quote(str(self.data_dir.resolve()))}"
        return f"{address}?{urlencode(chosen)}" if chosen else address

    def prepare(self) -> None:
        """Create the root with mode 0700, or tighten an existing one to it.

        Raises EmbeddedPostgresError when the place cannot be written or belongs to someone else.
        """
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.mkdir(mode=0o700, exist_ok=True)
            if os.geteuid() not in (0, self.root.stat().st_uid):
                raise EmbeddedPostgresError(f"{self.root} belongs to another user; run Candor as that user.")
            if self.root.stat().st_mode & 0o077:
                self.root.chmod(0o700)
            if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
                raise EmbeddedPostgresError(f"{self.root} belongs to another user; run Candor as that user.")
        except OSError as error:
            reason = (error.strerror or "unknown error").lower()
            raise EmbeddedPostgresError(
                f"The data directory {self.data_dir} cannot be used: {reason}."
            ) from error

    def write(self, path: Path, text: str, *, lasting: bool = False) -> None:
        """Put ``text`` at ``path``, 0600, of the root's owner, in one step; ``lasting`` waits for the disk.

        The file is replaced, not opened: what someone may have put at ``path`` is never followed.
        """
        draft = path.with_name(f"{path.name}.draft")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            self.give_to_owner(handle)
            file.write(text)
            file.flush()
            if lasting:
                os.fsync(handle)
        draft.rename(path)
        if lasting:
            sync_directory(path.parent)

    def give_to_owner(self, handle: int) -> None:
        """Root may act on an ordinary user's data directory; what it creates there must remain that
        user's."""
        owner = self.root.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(handle, owner.st_uid, owner.st_gid)


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
