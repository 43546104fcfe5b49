"""Server processes: the real program, started the way an operator starts it, on ports that are free."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from contract_tests.harness import logs
from contract_tests.harness.checking import AsyncCheckedClient, CheckedClient
from contract_tests.harness.contract import REPOSITORY

START_LIMIT_S = 90.0  # a first start on a busy machine; nothing is asserted about it
STOP_LIMIT_S = 60.0


class ServerProcess:
    """One run of `python -m api.serve`."""

    def __init__(
        self,
        data_dir: Path,
        *,
        flags: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Start the program. `flags` by name without dashes; any free port unless they say so."""
        self.data_dir = data_dir
        given = {"port": "0", "data-dir": str(data_dir), **(flags or {})}
        self._errors = logs.for_standard_error()  # open for as long as this object
        self.url = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.serve", *(f"--{name}={value}" for name, value in given.items())],
            cwd=REPOSITORY,
            env={**environment(), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def until_ready(self) -> ServerProcess:
        """Wait for the ready line. Raises AssertionError with what the program said if it ends instead."""
        line = self._first_line()
        assert line.startswith(("ready http://", "ready https://")), f"not ready: {line!r}\n{self.stderr}"
        self.url = line.removeprefix("ready ").strip()
        return self

    @property
    def stderr(self) -> str:
        """What the program has said on standard error so far."""
        # Read from the start without moving the position, which the program writes at.
        descriptor = self._errors.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    @property
    def events(self) -> list[dict[str, object]]:
        """The log lines among what it said."""
        return [json.loads(line) for line in self.stderr.splitlines() if line.startswith("{")]

    @property
    def description(self) -> dict[str, object]:
        """What the running server says about itself in its data directory."""
        described: dict[str, object] = json.loads((self.data_dir / "server.json").read_bytes())
        return described

    @property
    def private_url(self) -> str:
        """Where metrics and readiness are."""
        return str(self.description["private_url"])

    def client(self, **options: object) -> CheckedClient:
        """A client of this server that checks every answer; `options` are httpx.Client's."""
        return CheckedClient(**{"base_url": self.url, "timeout": 30, **options})

    def async_client(self, **options: object) -> AsyncCheckedClient:
        """The same for many calls at once."""
        return AsyncCheckedClient(base_url=self.url, timeout=30, **options)

    def ended(self, within_s: float = STOP_LIMIT_S) -> int:
        """Wait for the program's end; its exit code."""
        return self.process.wait(within_s)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop and wait; its exit code. Harmless when it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.ended()
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()
            logs.keep_postgres_logs(self.data_dir)

    def _first_line(self) -> str:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            until = time.monotonic() + START_LIMIT_S
            # The line is written at once, so what is readable is the whole line, or the end of the program.
            if waiting.select(until - time.monotonic()):
                return self.process.stdout.readline().decode()
        self.process.kill()
        raise AssertionError(f"not ready after {START_LIMIT_S:.0f} s\n{self.stderr}")


def environment() -> dict[str, str]:
    """This process's environment as `scripts/serve` would pass it on, without any setting of Candor's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDOR_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start would compile the program again
    return kept | {"PYTHONPATH": str(REPOSITORY)}
