"""A measured server: a process of its own on one core, answering the measured call."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Protocol, Self

from contract_tests.bench.cores import ANY
from contract_tests.bench.load import NotAnswered
from contract_tests.bench.measured_call import PATH, TOKEN
from contract_tests.harness.contract import REPOSITORY

_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 20.0


class Subject(Protocol):
    """What a round can be run against."""

    name: str
    port: int
    pid: int
    token: str


class ServerModule:
    """One of this package's server modules, run as `python -m MODULE PORT CORE`."""

    token = TOKEN

    def __init__(self, name: str, module: str, *, core: int = ANY) -> None:
        self.name = name
        self._module = module
        self._core = core

    def __enter__(self) -> Self:
        """Start it and wait until it answers. Raises NotAnswered."""
        self.port = _free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module, str(self.port), str(self._core)], cwd=REPOSITORY
        )
        self.pid = self._process.pid
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + _START_LIMIT_S
        while True:
            try:
                answer_of(self)
            except OSError as failure:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise NotAnswered(f"{self.name} does not answer: {failure}") from failure
                time.sleep(0.05)  # nothing tells when another process listens
            else:
                return


def answer_of(subject: Subject) -> object:
    """The JSON that the measured call is answered with. Raises NotAnswered, and OSError until it listens."""
    connection = http.client.HTTPConnection("127.0.0.1", subject.port, timeout=10)
    try:
        connection.request("GET", PATH, headers={"Authorization": f"Bearer {subject.token}"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise NotAnswered(f"{subject.name} answered {answer.status}: {body.decode(errors='replace')}")
    return json.loads(body)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
