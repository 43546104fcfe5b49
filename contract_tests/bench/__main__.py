"""`scripts/bench`: measures the rows of the design's table, all or those that are named, and prints them.

Each side is a process of its own on loopback, on one core, driven from another. The options bound the run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from contract_tests.bench import memory, ratios, report
from contract_tests.bench.assistant import assistant
from contract_tests.bench.bench import Bench
from contract_tests.bench.connection import NotAnswered
from contract_tests.bench.cores import assigned, stay_on
from contract_tests.bench.growth import growth
from contract_tests.bench.results import Result
from contract_tests.bench.rounds import Pace
from contract_tests.bench.spam import spam

ROWS: Mapping[str, Callable[[Bench], Iterator[Result]]] = {
    "overhead": ratios.overhead,
    "token": ratios.token,
    "peer": ratios.against_peer,
    "get_session": ratios.get_session,
    "assistant": assistant,
    "growth": growth,
    "spam": spam,
}


def main(arguments: list[str] | None = None) -> int:
    """Run, print, write `--out`. The exit code says whether it could be measured; with `--strict` also
    whether the targets were reached.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if list(given[:1]) == ["memory"]:
        return memory.main(given[1:])
    options = _parser().parse_args(given)
    cores = assigned()
    stay_on(cores.driver)
    if not cores.pinned:
        print("bench: the sides cannot be pinned to cores; they disturb each other.", file=sys.stderr)
    pace = Pace(options.rounds, options.seconds)
    results: list[Result] = []
    try:
        with Bench(pace=pace, cores=cores, full=options.full, install=options.install) as bench:
            for name in options.rows or ROWS:
                for result in ROWS[name](bench):
                    results.append(result)
                    print(report.details(result), flush=True)
    except NotAnswered as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print(report.summary(results))
    if options.out:
        found = report.document(results, pace=pace, cores=cores, now=datetime.now(UTC))
        options.out.write_text(json.dumps(found, indent=2) + "\n")
    return 1 if options.strict and any(each.met is False for each in results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure Candor against the least that could do the same work."
    )
    option = parser.add_argument
    option("rows", nargs="*", metavar="ROW", type=_row, help=f"{', '.join(ROWS)}; all unless named")
    option("--rounds", type=_rounds, default=5, help="interleaved rounds of each side (1 to 50; 5)")
    option("--seconds", type=_seconds, default=3, help="length of a round (0.1 to 30; 3)")
    option(
        "--full", action="store_true", help="growth up to 10^7 instances: tens of minutes, tens of gigabytes"
    )
    option("--install", action="store_true", help="install LiteLLM for the row `assistant`, apart")
    option("--strict", action="store_true", help="exit with 1 when a target is missed")
    option("--out", type=Path, metavar="FILE", help="write everything measured as JSON")
    return parser


def _row(text: str) -> str:
    if text not in ROWS:
        raise argparse.ArgumentTypeError(f"{text} is not a row ({', '.join(ROWS)})")
    return text


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
