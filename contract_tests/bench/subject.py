"""A measured server: a process of its own on one core, and the calls that it is measured with."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from contract_tests.bench.call import Call
from contract_tests.bench.connection import NotAnswered
from contract_tests.bench.cores import starting_on
from contract_tests.harness.contract import REPOSITORY

_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 20.0


class Subject(Protocol):
    """What a round can be run against."""

    name: str
    port: int
    pid: int
    calls: Sequence[Call]


class Program:
    """A server that is a program: `COMMAND PORT [ARGUMENTS]`, listening on loopback."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *arguments: str,
        calls: Sequence[Call],
        core: int,
        variables: Mapping[str, str] | None = None,
        folder: Path = REPOSITORY,
    ) -> None:
        self.name = name
        self.calls = calls
        self._command = command
        self._arguments = arguments
        self._core = core
        self._variables = {**os.environ, "PYTHONPATH": str(REPOSITORY), **(variables or {})}
        self._folder = folder

    @classmethod
    def module(cls, name: str, module: str, *arguments: str, calls: Sequence[Call], core: int) -> Self:
        """One of this package's server modules."""
        command = (sys.executable, "-m", module)
        return cls(name, command, *arguments, calls=calls, core=core)

    def __enter__(self) -> Self:
        """Start it and wait until it answers. Raises NotAnswered."""
        self.port = _free_port()
        self._said = tempfile.TemporaryFile()
        with starting_on(self._core):
            self._process = subprocess.Popen(
                [*self._command, str(self.port), *self._arguments],
                cwd=self._folder,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stderr=self._said,
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
            self._process.wait()
        finally:
            self._said.close()

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + _START_LIMIT_S
        while True:
            try:
                answer_of(self)
            except OSError as failure:
                if self._process.poll() is not None or time.monotonic() > until:
                    self._said.seek(0)
                    said = self._said.read().decode(errors="replace")
                    raise NotAnswered(f"{self.name} does not answer: {failure}\n{said}") from failure
                time.sleep(0.05)  # nothing tells when another process listens
            else:
                return


def answer_of(subject: Subject) -> object:
    """The JSON that the first of its calls is answered with.

    Raises NotAnswered, and OSError until it listens.
    """
    call = subject.calls[0]
    headers = {"Authorization": call.authorization}
    if call.media_type:
        headers["Content-Type"] = call.media_type
    connection = http.client.HTTPConnection("127.0.0.1", subject.port, timeout=10)
    try:
        connection.request(call.method, call.path, body=call.body or None, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise NotAnswered(f"{subject.name} answered {answer.status}: {body.decode(errors='replace')}")
    return json.loads(body)


def members_of(subject: Subject) -> Mapping[str, object]:
    """The same, when it is an object. Raises NotAnswered."""
    answer = answer_of(subject)
    if not isinstance(answer, dict):
        raise NotAnswered(f"{subject.name} answers no object: {answer!r}")
    return answer


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
