"""The embedded server as its users see it: start it or join it, leave it or stop it.

Any number of programs share one server: the supervisor of the workers, administration commands, tests. Each
holds a shared lock while it uses the server, and whoever leaves last stops it. A user that is killed leaves
the server running; its lock vanishes with it, the next user joins, and stops the server in its turn.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from persistence.embedded.binaries import Binaries, find_binaries
from persistence.embedded.configuration import write_configuration
from persistence.embedded.creation import create_cluster
from persistence.embedded.errors import EmbeddedPostgresError
from persistence.embedded.identity import server_user
from persistence.embedded.layout import APPLICATION, Layout
from persistence.embedded.locks import in_control, is_held, open_lock, try_lock, unlock
from persistence.embedded.process import ServerProcess

Report = Callable[[str], None]


def connection_url(data_dir: Path, *, database: str = APPLICATION, role: str = APPLICATION) -> str:
    """The URL of a database in the embedded server of ``data_dir``, for a process whose parent keeps it
    running.

    It holds no secret: the password is read from the data directory at each connection.
    """
    return Layout(data_dir).url(database=database, role=role)


class EmbeddedPostgres:
    """One use of the embedded server of a data directory. ``start`` and ``stop`` block; call them outside of
    event loops or in a thread. Also a context manager, silent about progress."""

    def __init__(self, data_dir: Path, *, extra_settings: Mapping[str, str] | None = None) -> None:
        """``extra_settings``: entries of postgresql.conf that replace ours when this use is the one that
        starts the server. Tests turn fsync off with it; nothing else should."""
        self._layout = Layout(data_dir.absolute())
        self._server = ServerProcess(self._layout)
        self._extra_settings = dict(extra_settings or {})
        self._use: int | None = None
        self._user_process = 0
        self._process: int | None = None

    def start(self, report: Report) -> str:
        """Make sure that the server runs and accepts connections; the URL of the application's database.

        ``report`` gets progress, a few words each. The first start creates the cluster (a second or two); a
        restart takes a few tenths of a second, recovery after a crash as long as it needs. Raises
        EmbeddedPostgresError.
        """
        if self._use is None:
            binaries = find_binaries()
            self._layout.prepare()
            with in_control(self._layout, report):
                self._join(binaries, report)
        return self._layout.url()

    def is_running(self) -> bool:
        """Whether the server that ``start`` or ``revive`` left running still does.

        Some microseconds, blocks for nothing. False before the first start.
        """
        return self._process is not None and self._server.is_served_by(self._process)

    def revive(self, report: Report) -> None:
        """Start the server again after it died under us, recovery included; join it if somebody else was
        quicker. Our use goes on, also when this fails. Does nothing when the server is not in use by us.

        A cluster that is gone is not made anew: an empty database is no substitute for a lost one. Raises
        EmbeddedPostgresError, and OSError when the data directory itself is gone.
        """
        if self._use is None:
            return
        with in_control(self._layout, report):
            if not self._layout.cluster.exists():
                raise EmbeddedPostgresError(f"The database in {self._layout.root} is gone.")
            self._ensure_running(find_binaries(), report)

    def stop(self, report: Report = lambda _: None) -> None:
        """Leave; the last to leave stops the server and returns when it has ended. Repeating it does nothing.

        In a forked copy of the process that started, it does nothing either: the use is the parent's.
        Raises EmbeddedPostgresError when the server does not end.
        """
        if self._use is None or self._user_process != os.getpid():
            return
        with in_control(self._layout, report):
            use, self._use = self._use, None
            unlock(use)
            self._end_if_unused(report)

    def _join(self, binaries: Binaries, report: Report) -> None:
        use = open_lock(self._layout, self._layout.use_lock)
        try_lock(use, shared=True)  # cannot fail: only who is in control takes it exclusively
        try:
            self._ensure_running(binaries, report)
        except BaseException:
            unlock(use)
            self._end_if_unused(report)
            raise
        self._use, self._user_process = use, os.getpid()

    def _ensure_running(self, binaries: Binaries, report: Report) -> None:
        if not self._server.settle(report):
            self._launch(binaries, report)
        self._process = self._server.number()

    def _launch(self, binaries: Binaries, report: Report) -> None:
        user = server_user(self._layout)
        if not self._layout.cluster.exists():
            durable = self._extra_settings.get("fsync") != "off"
            create_cluster(self._layout, binaries, user, durable=durable, report=report)
        self._refuse_other_versions(binaries)
        write_configuration(self._layout, self._extra_settings)
        report(f"starting PostgreSQL {binaries.version}")
        self._server.spawn(binaries, user)
        if not self._server.settle(report):
            raise EmbeddedPostgresError(
                f"PostgreSQL does not start: {self._server.failure()} (see {self._layout.start_log}"
                f" and {self._layout.logs})."
            )

    def _refuse_other_versions(self, binaries: Binaries) -> None:
        try:
            made_by = (self._layout.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        except OSError:
            raise EmbeddedPostgresError(f"{self._layout.cluster} is not a PostgreSQL cluster.") from None
        if made_by != binaries.major:
            raise EmbeddedPostgresError(
                f"The database in {self._layout.root} was made by PostgreSQL {made_by}, and this program"
                f" brings PostgreSQL {binaries.major}: dump it with the former, restore it with this one."
            )

    def _end_if_unused(self, report: Report) -> None:
        if not is_held(self._layout, self._layout.use_lock):
            self._server.end(report)

    def __enter__(self) -> Self:
        self.start(lambda _: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
