"""Commands typed by a test: in this process, which is quicker than a program of its own and runs the same
code.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from api.cli.program import PROGRAM, app
from contract_tests.harness.command_runner import CliRunner

# No setting of a developer's shell reaches a test.
_CLEAN: dict[str, str | None] = {name: None for name in os.environ if name.startswith("CANDOR_")}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str


def typed(*arguments: str, stdin: str | bytes | None = None) -> Ended:
    """Run `scripts/admin` with these arguments."""
    result = CliRunner(env=_CLEAN).invoke(app, list(arguments), input=stdin, prog_name=PROGRAM)
    return Ended(result.exit_code, result.stdout, result.stderr)


@dataclass(frozen=True, slots=True)
class Desk:
    """`scripts/admin` on one database."""

    database_url: str

    def run(self, *arguments: str, stdin: str | bytes | None = None) -> dict[str, Any]:
        """The one JSON object that a command prints when it succeeds."""
        ended = self.attempt(*arguments, "--json", stdin=stdin)
        assert (ended.code, ended.stderr) == (0, ""), ended
        assert ended.stdout.count("\n") == 1
        answer: dict[str, Any] = json.loads(ended.stdout)
        return answer

    def refusal(self, *arguments: str, stdin: str | bytes | None = None) -> str:
        """The one sentence of a command that refuses: on standard error, with exit code 1 and no output."""
        ended = self.attempt(*arguments, stdin=stdin)
        assert (ended.code, ended.stdout) == (1, ""), ended
        assert ended.stderr.count("\n") == 1
        assert "defect" not in ended.stderr
        return ended.stderr.strip()

    def misuse(self, *arguments: str) -> str:
        """What a command says that was typed wrongly: exit code 2."""
        ended = self.attempt(*arguments)
        assert (ended.code, ended.stdout) == (2, ""), ended
        return ended.stderr

    def attempt(self, *arguments: str, stdin: str | bytes | None = None) -> Ended:
        """Whatever comes of it."""
        return typed(*arguments, f"--database-url={self.database_url}", stdin=stdin)
