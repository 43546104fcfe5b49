"""The measured side of `overhead`: the repository's contract, engine and handlers, without PostgreSQL.

Everything between the socket and the store is the real thing: server, routing, security, handler, both
checks, metrics. The look-up of the token and the one row that the handler reads come from memory, because the
baseline reads no row either; what a database costs is the other rows' question.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from socket import create_server
from typing import Any

import uvloop

from api.app import build_app
from api.contract.document import load
from api.logs import Logs
from api.metrics import Metrics
from api.serve.http_server import HttpServer
from api.serve.protocol import BoundedHttp
from api.settings import REPOSITORY
from contract_tests.bench.measured_call import ANSWER, TOKEN
from handlers.answers import Answer
from handlers.caller import Caller
from handlers.errors import InvalidToken

_INSTANCE = Caller(
    kind="instance_token",
    scopes=frozenset({"instance"}),
    instance_id="01KAJ3S9QWF6S1T7M3ZB5K8X0E",
    client_id="01KAJ3S9QWXJ0V0B4R1YH8N2CD",
    workspace_id=ANSWER["id"],  # type: ignore[arg-type]  # the id is text
)


class InMemoryAuthenticator:
    """Knows one instance by its token."""

    async def bearer(self, token: str, *, store: object, now: datetime, operation_id: str) -> Caller:
        """The instance. Raises InvalidToken for any other token."""
        if token != TOKEN:
            raise InvalidToken
        return _INSTANCE

    async def cookie(self, kind: str, value: str, *, store: object, now: datetime) -> None:
        """Nobody: the measured operation takes no cookie."""

    def basic(self, client_id: str, client_secret: str) -> Caller:
        """Nobody: the measured operation takes no client credentials."""
        raise InvalidToken


class InMemoryUnitOfWork:
    """Has one row, and nothing to commit."""

    async def row(self, statement: object, /, **values: object) -> dict[str, object]:
        """The workspace."""
        return ANSWER

    async def commit(self) -> None:
        """Nothing was written."""

    async def rollback(self) -> None:
        """Nothing was written."""


class NothingToRecord:
    """The measured operation declares that it records nothing."""

    def record(self, operation_id: str, **call: object) -> None:
        """Never called for it."""
        raise AssertionError(f"{operation_id} is measured as an operation that records nothing")


@dataclass
class InMemorySurroundings:
    """What the engine is given here."""

    unit_of_work: Callable[[], Any] = InMemoryUnitOfWork
    ports: object = None
    authenticator: InMemoryAuthenticator = field(default_factory=InMemoryAuthenticator)
    recorder: NothingToRecord = field(default_factory=NothingToRecord)
    metrics: Metrics = field(default_factory=Metrics)
    logs: Logs = field(default_factory=Logs)
    trusted_proxies: tuple[()] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    max_body_bytes: int = 1 << 20
    origin: str = "http://127.0.0.1"

    def problem_page(self, document: Answer) -> Answer:
        """Never asked for."""
        raise AssertionError(f"nobody looks at the answer {document.status}")

    async def startup(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""


async def serve(port: int) -> None:
    """Answer until the process is ended."""
    app = build_app(load(REPOSITORY / "cloud_instance.yaml"), wiring=InMemorySurroundings())
    with create_server(("127.0.0.1", port)) as listener:
        await HttpServer(app, drain_s=1, protocol=BoundedHttp).serve(sockets=[listener])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
