"""The operator's command line, as the tests use it to make people and credentials.

It works on the database of a running server, the way an operator does it: the tests reach into no table to
prepare what they need. `run` calls the program inside this process, because starting an interpreter for every
person that a test wants costs more than the test; `attempt` runs it as a program of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.cli.program import app
from contract_tests.harness.command_runner import CliRunner
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.server import environment

LIMIT_S = 60.0


class Administration:
    """`scripts/admin` on one database."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    def run(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        """The one JSON object that a command prints. Raises AssertionError with its complaint if it fails."""
        line = [*arguments, "--json", f"--database-url={self._database_url}"]
        with ThreadPoolExecutor(1) as thread:  # the commands run an event loop; the caller may have one too
            done = thread.submit(CliRunner().invoke, app, line, input=stdin).result()
        assert done.exit_code == 0, f"{' '.join(arguments[:2])}: {done.stderr}{done.exception!r}"
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def attempt(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command, whatever comes of it."""
        return subprocess.run(
            [sys.executable, "-m", "api.cli", *arguments, f"--database-url={self._database_url}"],
            cwd=REPOSITORY,
            env=environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
