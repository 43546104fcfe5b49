"""What a run found: a table for a person, one JSON object for a machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from statistics import median

from contract_tests.bench.load import CONNECTIONS, driver
from contract_tests.bench.rounds import Round, Row


def table(rows: Sequence[Row]) -> str:
    """Each row as three lines: its subject, its baseline, and the ratio with its spread and its target."""
    lines = [f"{'':32}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'CPU µs/request':>18}"]
    for row in rows:
        lines += [_line(row.subject, row.rounds), _line(row.baseline, row.baseline_rounds)]
        target = f", target ≥ {row.target:.2f}" if row.target is not None else ", for information"
        spread = f"{min(row.ratios):.2f} to {max(row.ratios):.2f} in {len(row.ratios)} rounds"
        lines += [f"  ratio {row.ratio:.2f} ({spread}{target})", ""]
    return "\n".join(lines)


def document(
    rows: Sequence[Row], *, seconds: float, cores: tuple[int, int], now: datetime
) -> dict[str, object]:
    """Everything measured, with the machine it was measured on. `seconds` is the length of one round."""
    return {
        "at": now.isoformat(timespec="seconds"),
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
        },
        "load": {"generator": driver(), "connections": CONNECTIONS, "seconds_per_round": seconds},
        "pinned": {"server": cores[0], "driver": cores[1]},
        "rows": [{**asdict(row), "ratio": row.ratio, "ratios": row.ratios} for row in rows],
    }


def _line(name: str, rounds: Sequence[Round]) -> str:
    cpu = [each.cpu_us_per_request for each in rounds if each.cpu_us_per_request is not None]
    cpu_text = f"{median(cpu):.1f}" if cpu else "unknown"
    return (
        f"{name:32}{median(each.requests_per_s for each in rounds):>12,.0f}"
        f"{median(each.p50_ms for each in rounds):>10.2f}"
        f"{median(each.p99_ms for each in rounds):>10.2f}{cpu_text:>18}"
    )
