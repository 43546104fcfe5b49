"""`scripts/bench memory`: one worker under load for as long as one likes, and what it holds meanwhile.

The server is the whole one with its embedded PostgreSQL, started as an operator starts it: with one worker
that is a single process, the supervisor's and the jobs' share included. The load is every kind of call that
instances make, some refused, at a rate that is held back. What is resident is noted every few seconds,
written as CSV while it runs and as JSON at the end, and drawn. A leak shows as a slope that does not end.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression, median
from tempfile import TemporaryDirectory
from typing import Final

from contract_tests.bench.steady_load import SteadyLoad
from contract_tests.harness.administration import Administration
from contract_tests.harness.memory import LIMIT_MIB, resident_mib
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from persistence.embedded import connection_url

FLAT_MIB_PER_HOUR: Final = 5.0
"""What the second half of a run may grow, as a line through it, and still be called flat."""
_LINES: Final = 24


@dataclass(frozen=True, slots=True)
class Sample:
    """What was resident `at` that many seconds into the load, and how many requests had been answered."""

    at: float
    resident_mib: float
    requests: int


@dataclass(frozen=True, slots=True)
class Curve:
    """What the samples say."""

    first_mib: float
    last_mib: float
    most_mib: float
    growth_mib_per_hour: float
    """Of the second half; the first holds what is loaded and cached once."""

    @property
    def flat(self) -> bool:
        """Whether nothing grows without end."""
        return self.growth_mib_per_hour <= FLAT_MIB_PER_HOUR


def curve(samples: Sequence[Sample]) -> Curve:
    """What at least two samples say."""
    later = samples[len(samples) // 2 :] if len(samples) > 3 else samples
    line = linear_regression([each.at for each in later], [each.resident_mib for each in later])
    return Curve(
        first_mib=samples[0].resident_mib,
        last_mib=samples[-1].resident_mib,
        most_mib=max(each.resident_mib for each in samples),
        growth_mib_per_hour=line.slope * 3600,
    )


def drawn(samples: Sequence[Sample]) -> str:
    """A line for each part of the run: minutes, the median of what was resident, a bar from zero."""
    size = -(-len(samples) // _LINES)
    parts = [samples[place : place + size] for place in range(0, len(samples), size)]
    lines = []
    for part in parts:
        held = median(each.resident_mib for each in part)
        lines.append(f"{part[-1].at / 60:7.1f} min {held:7.1f} MiB {'█' * round(held / 2.5)}")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run, print, write. 1 if the limit was passed or, over ten minutes and more, the curve is not flat."""
    options = _parser().parse_args(arguments)
    with TemporaryDirectory(prefix="candor-memory-") as folder:
        data_dir = Path(folder) / "data"
        database_url = options.database_url or connection_url(data_dir)
        server = ServerProcess(
            data_dir,
            flags={"database-url": options.database_url} if options.database_url else {},
            variables={"CANDOR_USER_CODE_ATTEMPTS": "100000"},
        )
        try:
            server.until_ready()
            admin = Administration(database_url)
            owner = Person.create(admin, "memory")
            admin.run("subscription", "grant", "--user", owner.email, "--plan", "team")
            load = SteadyLoad(server.url, owner, per_second=options.rate)
            samples = _sampled(server, load, options)
        finally:
            server.stop()
    found = curve(samples)
    requests = samples[-1].requests
    print(drawn(samples))
    print(
        f"{requests} requests: {found.first_mib:.1f} MiB at first, {found.last_mib:.1f} at last, at most"
        f" {found.most_mib:.1f}; the second half grows by {found.growth_mib_per_hour:+.1f} MiB/h."
    )
    if options.out:
        noted = [asdict(each) for each in samples]
        written = {"curve": asdict(found), "answers": load.answers, "samples": noted}
        options.out.write_text(json.dumps(written, indent=1) + "\n")
    lasting = options.minutes >= 10
    return 1 if found.most_mib > LIMIT_MIB or (lasting and not found.flat) else 0


def _sampled(server: ServerProcess, load: SteadyLoad, options: argparse.Namespace) -> list[Sample]:
    samples: list[Sample] = []
    began = time.monotonic()
    table = options.csv.open("w") if options.csv else None
    try:
        with load:
            while (at := time.monotonic() - began) < options.minutes * 60 or len(samples) < 2:
                load.fails_if_it_failed()
                samples.append(
                    Sample(round(at, 1), round(resident_mib(server.process.pid), 2), load.requests)
                )
                if table is not None:
                    table.write(f"{samples[-1].at},{samples[-1].resident_mib},{samples[-1].requests}\n")
                    table.flush()
                time.sleep(min(options.every, options.minutes * 60))
    finally:
        if table is not None:
            table.close()
    return samples


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench memory", description=__doc__)
    option = parser.add_argument
    option("--minutes", type=float, default=60, help="how long (60)")
    option("--rate", type=float, default=150, metavar="R", help="requests a second, at most (150)")
    option("--every", type=float, default=5, metavar="S", help="seconds between two looks (5)")
    option("--database-url", metavar="URL", help="a migrated database (default: one of the server's own)")
    option("--csv", type=Path, metavar="FILE", help="write seconds, MiB and requests while it runs")
    option("--out", type=Path, metavar="FILE", help="write everything as JSON at the end")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
