"""The bench measures: its numbers are numbers, both sides do the same work, and its options bound it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.bench.__main__ import main
from contract_tests.bench.bench import Bench
from contract_tests.bench.cores import ANY, Cores
from contract_tests.bench.growth import growth
from contract_tests.bench.measured_call import OPERATION, PATH
from contract_tests.bench.rounds import Pace
from contract_tests.harness.contract import REPOSITORY, contract


def bench(*options: str) -> subprocess.CompletedProcess[str]:
    """Run it as a program: it pins itself to a core, which would slow the tests after it."""
    command = [sys.executable, "-m", "contract_tests.bench", *options]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=100)


class TestBench:
    def test_measures_a_protected_get_of_the_contract(self) -> None:
        operation = contract().operations[OPERATION]
        assert (operation.path, operation.method) == (PATH, "get")
        assert operation.declared["security"]

    @pytest.mark.parametrize(("row", "target"), [("overhead", 0.7), ("token", 0.6), ("get_session", 0.5)])
    def test_prints_a_table_and_writes_what_it_found(self, row: str, target: float, tmp_path: Path) -> None:
        out = tmp_path / "found.json"
        run = bench(row, "--rounds", "1", "--seconds", "0.2", "--out", str(out))
        assert run.returncode == 0, run.stderr
        assert f"≥ {target:.2f}" in run.stdout
        for result in json.loads(out.read_text())["results"]:
            for side in ("subject", "baseline"):
                (measured,) = result[side]["rounds"]
                assert measured["requests_per_s"] > 0
                assert 0 < measured["p50_ms"] <= measured["p99_ms"]

    @pytest.mark.parametrize(
        "options", [["--rounds", "51"], ["--rounds", "0"], ["--seconds", "31"], ["nothing"]]
    )
    def test_refuses_a_run_without_bounds(
        self, options: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as refusal:
            main(options)
        assert refusal.value.code == 2
        assert "is not" in capsys.readouterr().err


class TestGrowth:
    def test_an_instance_of_any_size_can_call_everything(self) -> None:
        pace = Pace(rounds=1, seconds=0.1)
        with Bench(pace=pace, cores=Cores(ANY, ANY, ANY), full=False) as bench:
            (found,) = growth(bench, instances=(20, 30))
        listed = {
            each.operation_id
            for each in contract().operations.values()
            if "instance" in each.declared["tags"]
        }
        assert found.ratios.keys() >= listed
        assert [each.instances for each in found.sizes] == [20, 30]
        assert all(p50 > 0 for size in found.sizes for rounds in size.p50_ms.values() for p50 in rounds)
        assert {table.table for table in found.sizes[0].tables} >= {"access_token", "interaction", "session"}
