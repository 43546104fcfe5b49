"""One run of Schemathesis against a running server: the command, its environment, and what came of it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from contract_tests.fuzz.credentials import FITTING, FuzzCredentials
from contract_tests.harness import records
from contract_tests.harness.contract import CONTRACT, REPOSITORY, contract
from contract_tests.harness.server import environment

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
_COUNTS = re.compile(r"^ {2}(\d+) generated", re.MULTILINE)
_SEED = re.compile(r"^Seed: (\d+)", re.MULTILINE)
_WARNING = re.compile(r"^ {2}⚠️ (.+)$", re.MULTILINE)
# That most of what was tried was refused says something of the contract only when much was tried.
_BY_CHANCE = "Schema validation mismatch"
_ENOUGH_EXAMPLES = 100
LIMIT_S = 240.0  # for one run in the tests

# A server that is fuzzed is asked for more than an address or a person may ask for; what these quotas do has
# tests of its own. All other settings are what an operator gets.
SERVER_VARIABLES = {
    "CANDOR_UNCLAIMED_PER_ADDRESS": "1000000",
    "CANDOR_UNCLAIMED_CAP": "1000000",
    "CANDOR_USER_CODE_ATTEMPTS": "1000000",
    "CANDOR_AUTHORIZATION_REQUESTS": "1000000",
    "CANDOR_SIGN_UPS_PER_ORIGIN": "1000000",
    "CANDOR_SIGN_IN_ATTEMPTS": "1000000",
    "CANDOR_SIGN_IN_ATTEMPTS_PER_ADDRESS": "1000000",
    "CANDOR_ACCOUNT_ATTEMPTS": "1000000",
    "CANDOR_SIGN_UP_CAP": "1000000",
    "CANDOR_ACCOUNT_MAILS_PER_ADDRESS": "1000000",
    "CANDOR_ACCOUNT_MAILS_PER_EMAIL": "1000000",
}
SERVER_FLAGS = {"host": "localhost"}  # a name, for which there can be passkeys


@dataclass(frozen=True, slots=True)
class FuzzRun:
    """How a run ended. `passed` is Schemathesis' own verdict: no failure, error or warning that counts. Of a
    run with few examples one warning does not count, which says what share of them was refused."""

    passed: bool
    cases: int
    seed: str
    output: str


def command(
    credentials: FuzzCredentials,
    *,
    contract: Path = CONTRACT,
    seed: int | None = None,
    max_examples: int | None = None,
    options: Sequence[str] = (),
) -> list[str]:
    """The command line. Without `seed` and `max_examples` the configuration's own hold."""
    given = [
        *([f"--seed={seed}"] if seed is not None else []),
        *([f"--max-examples={max_examples}"] if max_examples is not None else []),
        # With one credential everywhere, or none, most operations refuse it: the point, and no warning.
        *([] if credentials.kind == FITTING else ["--warnings=off"]),
    ]
    program = [sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIGURATION}", "--no-color"]
    return [*program, "run", str(contract), f"--url={credentials.url}", *given, *options]


def assert_nothing_is_found(credentials: FuzzCredentials, *, max_examples: int, limit_s: float) -> None:
    """All phases over all operations."""
    run = fuzz(credentials, limit_s, max_examples=max_examples)
    assert run.passed, run.output
    operations = len(contract().operations)
    assert re.search(rf"Selected: {operations}/{operations}$", run.output, re.MULTILINE)
    assert run.cases > 20 * operations
    print(f"{credentials.kind}: {run.cases} cases, seed {run.seed}")


def fuzz(
    credentials: FuzzCredentials,
    limit_s: float,
    *,
    contract: Path = CONTRACT,
    max_examples: int | None = None,
    options: Sequence[str] = (),
) -> FuzzRun:
    """Run to the end and collect what was said; all as for `command`."""
    variables = {
        **credentials.as_variable(),
        records.VARIABLE: str(records.directory() or ""),
        "no_proxy": urlsplit(credentials.url).hostname or "",  # or one would be looked for before every call
    }
    done = subprocess.run(
        command(credentials, contract=contract, max_examples=max_examples, options=options),
        cwd=REPOSITORY,
        env={**environment(), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=limit_s,
    )
    few = max_examples is not None and max_examples < _ENOUGH_EXAMPLES
    cases, seed = _COUNTS.search(done.stdout), _SEED.search(done.stdout)
    return FuzzRun(
        passed=done.returncode == 0 or (few and _warns_by_chance_only(done.stdout)),
        cases=int(cases.group(1)) if cases else 0,
        seed=seed.group(1) if seed else "",
        output=done.stdout,
    )


def _warns_by_chance_only(output: str) -> bool:
    warnings = _WARNING.findall(output)
    return (
        "Warnings fail the run" in output
        and "❌" not in output
        and bool(warnings)
        and all(each.startswith(_BY_CHANCE) for each in warnings)
    )
