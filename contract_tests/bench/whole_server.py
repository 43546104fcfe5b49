"""The whole server with its own PostgreSQL, as an operator starts it, and one instance with a token.

PostgreSQL shares the server's core, so that both sides of a row have one core. Its CPU is not in the server's
CPU per request.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from contract_tests.bench.cores import ANY, starting_on
from contract_tests.harness.administration import Administration
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from persistence.embedded import connection_url


class WholeServer:
    """One run of the server in a directory that is removed at the end."""

    name = "the server, PostgreSQL"

    def __init__(self, *, core: int = ANY) -> None:
        self._core = core
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        """Start it, and make a person, an instance of theirs and the instance's token."""
        with ExitStack() as opened:
            data_dir = Path(opened.enter_context(TemporaryDirectory(prefix="candor-bench-"))) / "data"
            with starting_on(self._core):
                server = ServerProcess(data_dir)
            opened.callback(server.stop)
            server.until_ready()
            owner = Person.create(Administration(connection_url(data_dir)), "bench")
            with server.client() as client:
                self.token = Instance.register(client, key=owner.key).own_token()
            self.port = urlsplit(server.url).port or 0
            self.pid = server.process.pid
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it and remove what it stored."""
        self._opened.close()
