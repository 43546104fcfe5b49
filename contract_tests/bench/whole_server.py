"""The whole server as an operator starts it, on a database of the run's PostgreSQL, with a pool like its
rivals'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from contract_tests.bench.call import Call
from contract_tests.bench.cores import starting_on
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess

POOL = 10  # connections of every side to PostgreSQL


class WholeServer:
    """One run of the server. `calls` is for the row to fill in."""

    def __init__(
        self,
        database_url: str,
        *,
        core: int,
        name: str = "Candor",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.calls: Sequence[Call] = ()
        self.database_url = database_url
        self._core = core
        self._variables = {"CANDOR_POOL_SIZE": str(POOL), **(variables or {})}
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        """Start it."""
        with ExitStack() as opened:
            data_dir = Path(opened.enter_context(TemporaryDirectory(prefix="candor-bench-"))) / "data"
            with starting_on(self._core):
                self._server = ServerProcess(
                    data_dir,
                    flags={"database-url": self.database_url},
                    variables=self._variables,
                )
            opened.callback(self._server.stop)
            self._server.until_ready()
            self.url = self._server.url
            self.port = urlsplit(self._server.url).port or 0
            self.pid = self._server.process.pid
            self.data_dir = data_dir
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._opened.close()

    def client(self) -> CheckedClient:
        """A client that checks every answer."""
        return self._server.client()

    def person(self) -> Person:
        """A new account."""
        return Person.create(Administration(self.database_url), "bench")

    def clients(self, count: int) -> list[Instance]:
        """New instances of a new account. Their HTTP client is closed: they are names and secrets."""
        owner = self.person()
        with self.client() as client:
            return [Instance.register(client, key=owner.key) for _ in range(count)]
