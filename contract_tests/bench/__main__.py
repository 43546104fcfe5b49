"""`scripts/bench`: measures the rows of the design's table that are built so far, and prints them.

Each side is a process of its own on loopback, on one core, driven from the other. The options bound the run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from contract_tests.bench.cores import ANY, server_and_driver, stay_on
from contract_tests.bench.load import NotAnswered
from contract_tests.bench.report import document, table
from contract_tests.bench.rounds import Row, run_row
from contract_tests.bench.subject import ServerModule, answer_of
from contract_tests.bench.whole_server import WholeServer

OVERHEAD_TARGET = 0.7


def main(arguments: list[str] | None = None) -> int:
    """Run, print, write `--out`. The exit code says whether it could be measured, not whether it was fast."""
    options = _parser().parse_args(arguments)
    server_core, driver_core = server_and_driver()
    stay_on(driver_core)
    try:
        rows = list(contract_overhead(rounds=options.rounds, seconds=options.seconds, core=server_core))
    except NotAnswered as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    if server_core == ANY:
        print("bench: the sides could not be pinned to cores; they disturb each other.", file=sys.stderr)
    print(table(rows))
    if options.out:
        found = document(
            rows, seconds=options.seconds, cores=(server_core, driver_core), now=datetime.now(UTC)
        )
        options.out.write_text(json.dumps(found, indent=2) + "\n")
    return 0


def contract_overhead(*, rounds: int, seconds: float, core: int) -> Iterator[Row]:
    """A bearer-protected GET, request and response validated, against bare Starlette with the same JSON.

    Then, for information, the same GET on the whole server, whose token and row come from PostgreSQL.
    """
    with ServerModule("bare Starlette", "contract_tests.bench.bare_server", core=core) as bare:
        with ServerModule(
            "the contract, no database", "contract_tests.bench.contract_server", core=core
        ) as engine:
            if answer_of(bare) != answer_of(engine):
                raise NotAnswered("The two sides do not answer the same JSON.")
            yield run_row(engine, bare, rounds=rounds, seconds=seconds, target=OVERHEAD_TARGET)
        with WholeServer(core=core) as whole:
            answer_of(whole)
            yield run_row(whole, bare, rounds=rounds, seconds=seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure Candor against the least that could do the same work."
    )
    option = parser.add_argument
    option("--rounds", type=_rounds, default=5, help="interleaved rounds of each side (1 to 50; 5)")
    option("--seconds", type=_seconds, default=3, help="length of a round (0.1 to 30; 3)")
    option("--out", type=Path, metavar="FILE", help="write everything measured as JSON")
    return parser


def _rounds(text: str) -> int:
    return int(_bounded(int(text), 1, 50))


def _seconds(text: str) -> float:
    return _bounded(float(text), 0.1, 30)


def _bounded(number: float, least: float, most: float) -> float:
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
    return number


if __name__ == "__main__":
    sys.exit(main())
