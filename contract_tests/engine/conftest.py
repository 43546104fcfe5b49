"""The test contract behind a real uvicorn on a free port, and a client that writes raw bytes."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from api.app import build_app
from api.contract.document import Document, load
from contract_tests.engine.store import SampleSurroundings

CONTRACT = Path(__file__).with_name("contract.yaml")


@dataclass
class Raw:
    """An answer read off a socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def codes(self) -> list[tuple[str, str]]:
        return [(each["pointer"], each["code"]) for each in self.json().get("errors", [])]


@dataclass
class Sample:
    """The running test contract."""

    port: int
    surroundings: SampleSurroundings
    loop: asyncio.AbstractEventLoop

    def open(self, source: str | None = None) -> socket.socket:
        return socket.create_connection(
            ("127.0.0.1", self.port), timeout=10, source_address=(source, 0) if source else None
        )

    def raw(self, request: bytes, *, half_close: bool = False, source: str | None = None) -> Raw:
        """Send exact bytes on a fresh connection and read one answer."""
        with self.open(source) as connection:
            connection.sendall(request)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return read_answer(connection, head=request.startswith(b"HEAD"))

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Raw:
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: test",
            *(f"{k}: {v}" for k, v in (headers or {}).items()),
        ]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return self.raw("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def post(self, path: str, body: bytes, content_type: str = "application/json", **headers: str) -> Raw:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, {"Content-Type": content_type, **named}, body)

    def in_loop(self, function: Any) -> None:
        self.loop.call_soon_threadsafe(function)


def read_answer(connection: socket.socket, *, head: bool = False) -> Raw:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError(f"closed after {received!r}")
        received += chunk
    top, _, body = received.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
    wanted = 0 if head else int(headers.get("content-length", 0))
    while len(body) < wanted:
        chunk = connection.recv(65536)
        if not chunk:
            break
        body += chunk
    return Raw(int(first.split(" ")[1]), headers, body)


@pytest.fixture(scope="session")
def document() -> Document:
    return load(CONTRACT)


@pytest.fixture(scope="session")
def running(document: Document) -> Iterator[Sample]:
    surroundings = SampleSurroundings()
    app = build_app(document, wiring=surroundings, handlers="contract_tests.engine.sample")
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        lifespan="on",
        log_config=None,
        http="httptools",
        loop="uvloop",
        ws="none",
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ready = threading.Event()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        ready.wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    sample = Sample(port, surroundings, server.servers[0].get_loop())
    yield sample
    server.should_exit = True
    thread.join(10)
    assert surroundings.started == ["startup", "shutdown"]


@pytest.fixture
def sample(running: Sample) -> Sample:
    surroundings = running.surroundings
    surroundings.stored.clear()
    surroundings.metrics.requests.clear()
    surroundings.metrics.violations.clear()
    surroundings.authenticator.lookups = 0
    surroundings.log.seek(0)
    surroundings.log.truncate()
    return running
