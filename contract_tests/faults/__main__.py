"""`scripts/faults`: plants harmful changes in a copy of the tree and demands that the tests catch each one.

A run takes a third of the catalogue, chosen by the commit so that the same commit always gets the same
third; `--part` chooses another and `--all` takes everything. Exit code 1 when a fault survived, when one does
not apply any more, or when its tests do not pass without it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from contract_tests.faults.fault import CATALOGUE, PARTS, CatalogueBroken, Fault, catalogue, named, part
from contract_tests.faults.rounds import NotGreen, bench
from contract_tests.faults.trial import Trial, Verdict
from contract_tests.faults.workshop import NoTree
from contract_tests.harness.commit import commit
from contract_tests.harness.contract import REPOSITORY

REPORT = REPOSITORY / "reports" / "faults.json"
_TO_DO = {
    Verdict.SURVIVED: "needs a test that fails for it:",
    Verdict.STALE: f"must be written anew for the tree as it is, in {CATALOGUE.relative_to(REPOSITORY)}/:",
    Verdict.UNFAIR: "shows nothing as it is written:",
}


def main(arguments: list[str] | None = None) -> int:
    """Run. The exit code."""
    options = _parser().parse_args(arguments)
    try:
        faults = catalogue()
        chosen, how = _chosen(faults, options)
        if options.list:
            return _listed(chosen)
        print(f"faults: {how}: {len(chosen)} of {len(faults)} faults", flush=True)
        trials, seconds = _run(chosen)
    except (CatalogueBroken, NoTree, NotGreen) as failure:
        print(f"faults: {failure}", file=sys.stderr)
        return 1
    for each in trials:
        if each.verdict in _TO_DO:
            print(f"faults: {each.fault.id} {_TO_DO[each.verdict]} {each.fault.harm}")
    counts = Counter(each.verdict for each in trials)
    told = ", ".join(f"{counts[each]} {each.value}" for each in Verdict if counts[each])
    print(f"faults: {told}, in {seconds:.0f} s")
    _write(trials, how, seconds)
    return 0 if counts[Verdict.CAUGHT] == len(trials) else 1


def _chosen(faults: Sequence[Fault], options: argparse.Namespace) -> tuple[list[Fault], str]:
    if options.only:
        return named(faults, options.only), "as named"
    if options.all:
        return list(faults), "all"
    if options.part:
        return part(faults, options.part), f"part {options.part} of {PARTS}"
    if options.list:
        return list(faults), "all"
    tested = commit(REPOSITORY)
    if tested is None:
        raise NoTree("git does not tell the commit; choose with --part.")
    number = int(tested, 16) % PARTS + 1
    return part(faults, number), f"part {number} of {PARTS}, by commit {tested[:12]}"


def _run(faults: Sequence[Fault]) -> tuple[list[Trial], float]:
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="candor-faults-") as place,
        bench(REPOSITORY, Path(place)) as there,
    ):
        count = there.green(faults)
        print(f"faults: {count} tests pass without them ({time.monotonic() - began:.0f} s)", flush=True)
        trials = there.plant(faults, _tell)
    return trials, time.monotonic() - began


def _tell(trial: Trial) -> None:
    fault = trial.fault
    print(f"{trial.verdict.value:9} {trial.seconds:5.1f} s  {fault.area}/{fault.id}  {trial.why}", flush=True)


def _listed(faults: Sequence[Fault]) -> int:
    for each in faults:
        print(f"{each.area:10} {each.id:44} {each.harm}")
    return 0


def _write(trials: Sequence[Trial], how: str, seconds: float) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    found = [
        {
            "id": each.fault.id,
            "area": each.fault.area,
            "harm": each.fault.harm,
            "promises": list(each.fault.promises),
            "verdict": each.verdict.value,
            "why": each.why,
            "seconds": round(each.seconds, 1),
        }
        for each in trials
    ]
    REPORT.write_text(
        json.dumps({"chosen": how, "seconds": round(seconds, 1), "faults": found}, indent=2) + "\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=(__doc__ or "").partition("\n\n")[2])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="every fault")
    which.add_argument("--part", type=int, choices=range(1, PARTS + 1), help="this third")
    which.add_argument("--only", metavar="ID", action="append", help="this fault; may be repeated")
    parser.add_argument("--list", action="store_true", help="name them and plant nothing")
    return parser


def _end(number: int, frame: object) -> None:
    sys.exit(128 + number)  # through all that has to be stopped and removed


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
