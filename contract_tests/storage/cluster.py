"""One PostgreSQL for a whole run of the tests, and a fresh database for whoever asks.

All test processes of a user on this machine (xdist workers, runs side by side) share one embedded server
below the temporary directory; the last one out stops it and removes it. ``CANDOR_TEST_DATABASE_URL`` names
another server to use instead: a ``postgresql://`` URL of a role that may create databases.
"""

import asyncio
import fcntl
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from contract_tests.harness.logs import keep_postgres_logs
from persistence.address import Address
from persistence.embedded import EmbeddedPostgres
from persistence.embedded.layout import ADMINISTRATOR, APPLICATION, Layout
from persistence.embedded.process import ServerProcess

_VARIABLE: Final = "CANDOR_TEST_DATABASE_URL"
_SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "500",  # each process keeps a dozen servers, whose pools do not shrink
}


class SharedCluster:
    """A server with databases to be had. Made by ``shared_cluster``."""

    def __init__(self, administration_url: str, layout: Layout | None) -> None:
        self._administration_url = administration_url
        self._layout = layout
        self._created: list[str] = []
        self._names: dict[str, str] = {}

    def create_database(self, name: str, *, like: str | None = None) -> str:
        """A new database whose name begins with ``name``; its URL. Blocks some hundredths of a second.

        It is empty, or a copy of the one at the URL ``like``, which nobody may be connected to. On the
        embedded server it belongs to the application's role, as in production.
        """
        template = "template0" if like is None else self._names[like]
        full_name = f"{name}_{secrets.token_hex(6)}"
        owner = 'OWNER "candor"' if self._layout is not None else ""
        self._administer(f'CREATE DATABASE "{full_name}" {owner} TEMPLATE "{template}"')
        self._created.append(full_name)
        if self._layout is not None:
            url = self._layout.url(database=full_name)
        else:
            url = urlsplit(self._administration_url)._replace(path=f"/{full_name}").geturl()
        self._names[url] = full_name
        return url

    def drop_databases(self) -> None:
        """Drop what this process has created, whoever is still connected. On the embedded server they go with
        it."""
        while self._created:
            self._administer(f'DROP DATABASE "{self._created.pop()}" WITH (FORCE)')

    def drop_every_database(self) -> None:
        """Drop what other processes have created on this embedded server, too. Nobody may be using any."""

        async def run() -> None:
            connection = await Address.parse(self._administration_url).open()
            try:
                found = await connection.fetch(
                    "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> ALL ($1::text[])",
                    ["postgres", APPLICATION],
                )
                for each in found:
                    await connection.execute(f'DROP DATABASE "{each["datname"]}" WITH (FORCE)')
            finally:
                await connection.close()

        self._created.clear()
        outside_any_loop(run())

    def _administer(self, command: str) -> None:
        async def run() -> None:
            connection = await Address.parse(self._administration_url).open()
            try:
                await connection.execute(command)
            finally:
                await connection.close()

        outside_any_loop(run())


@contextmanager
def shared_cluster(below: Path | None = None) -> Iterator[SharedCluster]:
    """Join the server, starting it if need be; leave it at the end.

    `below`: the temporary directory of processes that have another one than this process.
    """
    elsewhere = os.environ.get(_VARIABLE)
    if elsewhere:
        cluster = SharedCluster(elsewhere, None)
        try:
            yield cluster
        finally:
            cluster.drop_databases()
        return
    data_dir = Path(below or tempfile.gettempdir(), f"candor-tests-{os.geteuid()}")
    layout = Layout(data_dir)
    with _alone(data_dir):
        server = EmbeddedPostgres(data_dir, extra_settings=_SETTINGS)
        server.start(lambda progress: print(progress, file=sys.stderr))
    cluster = SharedCluster(layout.url(database="postgres", role=ADMINISTRATOR), layout)
    try:
        yield cluster
    finally:
        with _alone(data_dir):
            server.stop()
            keep_postgres_logs(layout.logs)
            if not ServerProcess(layout).is_alive():
                # Moved first: a run that is killed while it removes must not leave half of one to the next.
                gone = data_dir.rename(data_dir.with_name(f"{data_dir.name}-{secrets.token_hex(6)}"))
                shutil.rmtree(gone)


def outside_any_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` to its end, also when this thread already runs an event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """The only process that joins or leaves, so that nobody removes what another is about to use."""
    with data_dir.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
