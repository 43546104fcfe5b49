"""Runs the linter from npm over documents, and says what it found.

It is held to this machine: its telemetry and its question for a newer version are switched off.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.harness.npm import installed

HERE = Path(__file__).resolve().parent
RULES = HERE / "redocly.yaml"
LIMIT_S = 120.0
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that breaks a rule."""

    document: Path
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}: {self.message} ({self.rule})"


def lint(documents: Sequence[Path], rules: Path = RULES) -> list[Finding]:
    """Everything that the documents break, in one run of the linter.

    Raises NodeMissing, and AssertionError with the linter's words when it could not do its work.
    """
    program = installed(HERE) / "@redocly" / "cli" / "bin" / "cli.js"
    options = [f"--config={rules}", "--format=json", "--max-problems=100000"]
    done = subprocess.run(
        ["node", str(program), "lint", *options, *(str(each.resolve()) for each in documents)],
        cwd=HERE,
        env=os.environ | _QUIET,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    problems = [problem for answer in _answers(done.stdout) for problem in answer["problems"]]
    said_so = done.returncode == (1 if problems else 0) and done.stderr.count(" validated in") == len(
        documents
    )
    assert said_so, f"the linter could not do its work: {done.stdout}{done.stderr}"
    return [_finding(each) for each in problems]


def _answers(text: str) -> Iterator[dict[str, Any]]:
    """The linter writes a JSON object for each document, one after the other."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        answer, end = decoder.raw_decode(text)
        yield answer
        text = text[end:]


def _finding(problem: dict[str, Any]) -> Finding:
    place = problem["location"][0]
    return Finding(
        document=(HERE / place["source"]["ref"]).resolve(),
        line=place.get("start", {}).get("line", 1),
        rule=problem["ruleId"],
        message=problem["message"],
    )
