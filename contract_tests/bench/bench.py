"""One run of the bench: its pace, its cores, and its PostgreSQL, started when the first row asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

from contract_tests.bench.call import Call
from contract_tests.bench.cores import Cores
from contract_tests.bench.rounds import Pace
from contract_tests.bench.store import Store
from contract_tests.bench.subject import Program
from contract_tests.bench.whole_server import WholeServer


class Bench:
    """What rows are measured with. `full` asks for the largest database too, `install` for peers that are not
    there.
    """

    def __init__(self, *, pace: Pace, cores: Cores, full: bool, install: bool = False) -> None:
        self.pace = pace
        self.cores = cores
        self.full = full
        self.install = install
        self._opened = ExitStack()

    @cached_property
    def store(self) -> Store:
        """PostgreSQL for this run."""
        return self._opened.enter_context(Store(core=self.cores.database))

    def whole_server(
        self, database_url: str, name: str = "Candor", *, variables: Mapping[str, str] | None = None
    ) -> WholeServer:
        """The product on a database, to be entered."""
        return WholeServer(database_url, core=self.cores.server, name=name, variables=variables)

    def module(self, name: str, module: str, *arguments: str, calls: tuple[Call, ...]) -> Program:
        """A server module of this package, to be entered."""
        return Program.module(name, module, *arguments, calls=calls, core=self.cores.server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what was started."""
        self._opened.close()
