"""The row `spam` measures what it says, here with a flood that is a trickle."""

from __future__ import annotations

from contract_tests.bench.bench import Bench
from contract_tests.bench.cores import ANY, Cores
from contract_tests.bench.rounds import Pace
from contract_tests.bench.spam import spam


def test_every_side_is_measured_and_the_flood_is_answered() -> None:
    pace = Pace(rounds=1, seconds=0.1)
    with Bench(pace=pace, cores=Cores(ANY, ANY, ANY), full=False) as bench:
        (found,) = spam(bench, number=500)
    assert found.statuses == {201: 500}
    assert [len(each) for each in found.p95_ms] == [1, 1, 1]
    assert all(ratio > 0 for each in found.ratios for ratio in each)
