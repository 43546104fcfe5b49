"""What a run found: lines for a person, a summary of the targets, one JSON object for a machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from contract_tests.bench.cores import Cores
from contract_tests.bench.load import CONNECTIONS, driver
from contract_tests.bench.results import Result
from contract_tests.bench.rounds import Pace

_VERDICTS = {True: "met", False: "MISSED", None: ""}


def details(result: Result) -> str:
    """One result in full, with a heading."""
    return "\n".join([f"{result.row}: {result.what}", *result.lines(), f"  {result.measured}", ""])


def summary(results: Sequence[Result]) -> str:
    """One line a result: row, what was compared, what was measured, the target and whether it is met."""
    cells = [(each.row, each.what, each.measured, each.target, _VERDICTS[each.met]) for each in results]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def document(results: Sequence[Result], *, pace: Pace, cores: Cores, now: datetime) -> dict[str, object]:
    """Everything measured, with the machine it was measured on."""
    return {
        "at": now.isoformat(timespec="seconds"),
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
        },
        "load": {"generator": driver(), "connections": CONNECTIONS, **asdict(pace)},
        "pinned": asdict(cores),
        "results": [each.document() for each in results],
    }
