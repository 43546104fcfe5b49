"""`python -m contract_tests.coverage RECORDS`: was every declared answer seen in this run?

RECORDS is what the run wrote (`pytest --records`). Says one line, and one more for each operation that
something is missing of; ends with 1 then. How often each pair was seen is written to `reports/coverage.txt`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from contract_tests.coverage.pairs import Coverage, Pair, declared, seen, unreachable
from contract_tests.harness.contract import REPOSITORY, contract

REPORT = REPOSITORY / "reports" / "coverage.txt"


def main() -> int:
    """Judge the records; 0 if every pair that can be reached was."""
    parser = argparse.ArgumentParser(prog="python -m contract_tests.coverage", description=__doc__)
    parser.add_argument("records", type=Path, help="the directory that the run wrote to")
    parser.add_argument("--report", type=Path, default=REPORT, help="where the counts go")
    options = parser.parse_args()
    coverage = Coverage(declared(contract()), seen(options.records), unreachable())
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text("".join(f"{line}\n" for line in counts(coverage)), encoding="utf-8")
    for line in complaints(coverage):
        print(f"coverage: {line}", file=sys.stderr)
    print(summary(coverage))
    return 0 if coverage.complete else 1


def complaints(coverage: Coverage) -> Iterator[str]:
    """A line for each operation that has pairs which are not as they must be."""
    yield from _told("declared and never answered", coverage.missing)
    yield from _told("answered, and unreachable.yaml says that it cannot be", coverage.refuted)
    yield from _told("not declared, and in the records or in unreachable.yaml", coverage.unknown)


def _told(wrong: str, pairs: Iterable[Pair]) -> Iterator[str]:
    for operation, some in groupby(pairs, key=attrgetter("operation")):
        yield f"{wrong}: {operation} {' '.join(pair.status for pair in some)}"


def summary(coverage: Coverage) -> str:
    """One line."""
    reached, exempt = len(coverage.declared & coverage.answers.keys()), len(coverage.unreachable)
    return (
        f"coverage of the contract: {reached} of {len(coverage.declared)} pairs of operation and status,"
        f" {exempt} called unreachable, {sum(coverage.answers.values())} answers checked"
    )


def counts(coverage: Coverage) -> Iterator[str]:
    """Every pair in the contract's order of names, with how often it was seen."""
    for pair in sorted(coverage.declared | coverage.answers.keys()):
        yield f"{pair.operation:30} {pair.status} {coverage.answers.get(pair, 0):8}"


if __name__ == "__main__":
    sys.exit(main())
