"""The bench measures: its numbers are numbers, both sides do the same work, and its options bound it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.bench import report
from contract_tests.bench.__main__ import main
from contract_tests.bench.bench import Bench
from contract_tests.bench.cores import ANY, Cores
from contract_tests.bench.growth import Grown, Growth, growth
from contract_tests.bench.measured_call import OPERATION, PATH
from contract_tests.bench.ratios import against_peer
from contract_tests.bench.results import Ratio, Side
from contract_tests.bench.rounds import Pace, Round
from contract_tests.harness.contract import REPOSITORY, contract


def bench(*options: str) -> subprocess.CompletedProcess[str]:
    """Run it as a program: it pins itself to a core, which would slow the tests after it."""
    command = [sys.executable, "-m", "contract_tests.bench", *options]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=110)


TARGETS = {"overhead": 0.7, "token": 0.6, "get_session": 0.5}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, Any]]]:
    """What a run of the bench prints, and the results that it writes: those of the assistant are the last."""
    out = tmp_path_factory.mktemp("bench") / "found.json"
    run = bench(*TARGETS, "assistant", "--rounds", "1", "--seconds", "0.3", "--out", str(out))
    assert run.returncode == 0, run.stderr
    return run.stdout, json.loads(out.read_text())["results"]


class TestBench:
    def test_measures_a_protected_get_of_the_contract(self) -> None:
        operation = contract().operations[OPERATION]
        assert (operation.path, operation.method) == (PATH, "get")
        assert operation.declared["security"]

    def test_prints_a_table_and_writes_what_it_found(
        self, measured: tuple[str, list[dict[str, Any]]]
    ) -> None:
        table, found = measured
        for target in TARGETS.values():
            assert f"≥ {target:.2f}" in table
        results = [each for each in found if each["row"] in TARGETS]
        assert {each["row"] for each in results} == TARGETS.keys()
        for result in results:
            for side in ("subject", "baseline"):
                (round_,) = result[side]["rounds"]
                assert round_["requests_per_s"] > 0
                assert 0 < round_["p50_ms"] <= round_["p99_ms"]

    def test_asks_the_assistant_through_the_server_and_directly(
        self, measured: tuple[str, list[dict[str, Any]]]
    ) -> None:
        *_, ratio, added, paced = measured[1]
        assert ratio["subject"]["name"] == added["subject"]["name"] == "Candor"
        for side in (ratio["subject"], ratio["baseline"], added["subject"], added["direct"]):
            (round_,) = side["rounds"]
            assert 0 < round_["p50_ms"] <= round_["p99_ms"]
        assert 0 < paced["p50_ms"] <= paced["p99_ms"]

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


class TestPeer:
    def test_says_that_it_needs_node(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        with Bench(pace=Pace(1, 0.1), cores=Cores(ANY, ANY, ANY), full=False) as bench:
            (result,) = against_peer(bench)
        assert "no Node" in report.summary([result])
        assert result.met is None


def rounds(*requests_per_s: float) -> tuple[Round, ...]:
    return tuple(Round(each, 1.0, 2.0, None) for each in requests_per_s)


class TestVerdicts:
    def test_a_ratio_is_the_median_of_its_rounds(self) -> None:
        ratio = Ratio("token", Side("a", rounds(10, 60, 90)), Side("b", rounds(100, 100, 100)), least=0.6)
        assert ratio.measured == "0.60 (0.10 to 0.90)"
        assert ratio.met
        assert not replace(ratio, least=0.61).met

    def test_growth_is_judged_by_its_worst_operation(self) -> None:
        small = Grown(10, 1.0, (), {"get_owner": (1.0, 1.0), "get_session": (1.0, 2.0)})
        large = Grown(1000, 1.0, (), {"get_owner": (1.1, 1.1), "get_session": (1.3, 2.6)})
        found = Growth((small, large))
        assert found.worst == ("get_session", 1.3)
        assert not found.met
        assert "MISSED" in report.summary([found])
