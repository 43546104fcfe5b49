"""One run of the named tests in a workshop, and what it says about the fault that was made there.

Only a test that ran and failed has caught a fault. One that could not be collected, whose fixtures failed,
or that met a name which the change left undefined says that the fault is not a fair one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from contract_tests.faults.fault import Fault
from contract_tests.faults.workshop import NotApplicable, Stale, Workshop

LIMIT_S: Final = 150.0
NOT_STARTED: Final = "not ready: "  # what the harness says of a server that ended instead of starting
_UNFAIR: Final = ("SyntaxError", "IndentationError", "ImportError", "ModuleNotFoundError", "NameError")


class Verdict(Enum):
    """What became of a fault."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    STALE = "stale"
    UNFAIR = "unfair"


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault, its verdict, the test that decided or the reason, and the seconds that it took."""

    fault: Fault
    verdict: Verdict
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Case:
    """A test that ran: its id with dots, what became of it, and what it said."""

    name: str
    outcome: str
    message: str
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A run of pytest: its exit code (None when it was ended) and its tests."""

    code: int | None
    cases: tuple[Case, ...]
    output: str


def tried(fault: Fault, workshop: Workshop) -> Trial:
    """Make the fault, run its tests, undo it."""
    began = time.monotonic()
    try:
        with workshop.with_fault(fault):
            verdict, why = judged(fault, run(fault.caught_by, workshop))
    except Stale as stale:
        verdict, why = Verdict.STALE, str(stale)
    except NotApplicable as reason:
        verdict, why = Verdict.UNFAIR, str(reason)
    return Trial(fault, verdict, why, time.monotonic() - began)


def judged(fault: Fault, finished: Finished) -> tuple[Verdict, str]:
    """The verdict on a fault, and why."""
    if finished.code == 0:
        return Verdict.SURVIVED, f"{len(finished.cases)} tests passed"
    bad = next((each for each in finished.cases if each.outcome in ("failure", "error")), None)
    if finished.code != 1 or bad is None:
        return Verdict.UNFAIR, f"pytest ended with {finished.code}: {_last_line(finished.output)}"
    if NOT_STARTED in bad.text or NOT_STARTED in bad.message:
        if fault.refuses_to_start:
            return Verdict.CAUGHT, f"{bad.name}: the server refused to start"
        return Verdict.UNFAIR, f"{bad.name}: the server did not start"
    if bad.outcome == "error" or bad.message.startswith(_UNFAIR):
        return Verdict.UNFAIR, f"{bad.name}: {_first_line(bad.message)}"
    if fault.refuses_to_start:
        return Verdict.UNFAIR, f"{bad.name}: the server started, and something else failed"
    return Verdict.CAUGHT, bad.name


def run(tests: Sequence[str], workshop: Workshop, *, to_the_end: bool = False) -> Finished:
    """Run tests in the workshop, up to the first failure unless `to_the_end`."""
    report = workshop.temporary / "junit.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    process = subprocess.Popen(
        [*command, *([] if to_the_end else ["-x"]), *tests],
        cwd=workshop.root,
        env=_environment(workshop),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # or what it started would outlive it
    )
    try:
        output, _ = process.communicate(timeout=LIMIT_S * (4 if to_the_end else 1))
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return Finished(None, (), output.decode(errors="replace"))
    return Finished(process.returncode, tuple(_cases(report)), output.decode(errors="replace"))


def _environment(workshop: Workshop) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "CANDOR_")) or name == "CANDOR_TEST_DATABASE_URL"
    }
    # A directory of its own for temporary files is a PostgreSQL of its own for the tests.
    return kept | {"PYTHONPATH": str(workshop.root), "TMPDIR": str(workshop.temporary)}


def _cases(report: Path) -> Iterator[Case]:
    if not report.exists():
        return
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}".removeprefix("contract_tests.")
        children = [each for each in case if each.tag in ("failure", "error", "skipped")]
        if not children:
            yield Case(name, "passed", "", "")
        for each in children:
            yield Case(name, each.tag, each.get("message", ""), each.text or "")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200]


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2][:200]
