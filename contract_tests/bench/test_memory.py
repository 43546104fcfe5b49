"""The memory of a worker is measured, and a leak is told from what is loaded once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from contract_tests.bench.memory import Sample, curve, drawn
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.memory import LIMIT_MIB
from contract_tests.storage.cluster import SharedCluster

HOUR = [minute * 60.0 for minute in range(60)]


def test_what_is_loaded_once_is_no_leak() -> None:
    found = curve([Sample(at, 120 + min(at / 300, 2), 0) for at in HOUR])
    assert (found.first_mib, found.last_mib, found.most_mib) == (120, 122, 122)
    assert found.flat


def test_what_grows_without_end_is_one() -> None:
    found = curve([Sample(at, 120 + at / 360, 0) for at in HOUR])
    assert round(found.growth_mib_per_hour) == 10
    assert not found.flat


def test_the_curve_is_drawn_to_scale() -> None:
    lines = drawn([Sample(0, 50, 0), Sample(30, 100, 0)]).splitlines()
    assert [line.count("█") for line in lines] == [20, 40]


def test_a_short_run_measures_a_server_under_load(
    tmp_path: Path, cluster: SharedCluster, migrated: str
) -> None:
    out, table = tmp_path / "found.json", tmp_path / "found.csv"
    options = {
        "minutes": "0.05",
        "every": "0.5",
        "out": str(out),
        "csv": str(table),
        "database-url": cluster.create_database("memory", like=migrated),
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    run = subprocess.run(
        [sys.executable, "-m", "contract_tests.bench", "memory", *given],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(out.read_text())
    assert {"200", "400", "401", "403", "404", "405"} <= found["answers"].keys()
    assert 50 < found["curve"]["most_mib"] < LIMIT_MIB
    assert found["samples"][-1]["requests"] > found["samples"][0]["requests"]
    assert len(table.read_text().splitlines()) == len(found["samples"])
