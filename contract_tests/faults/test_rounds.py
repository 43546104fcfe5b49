"""A run tells a fault that is caught from one that survives, one that is stale and one that is not fair."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.faults.fault import Fault
from contract_tests.faults.rounds import Bench, NotGreen, bench
from contract_tests.faults.trial import Case, Finished, Trial, Verdict, judged
from contract_tests.faults.workshop import NoTree

CODE = "def charge(sum):\n    # Never less than nothing.\n    return max(sum, 0)\n"
TESTS = """\
import pytest
from till import charge

@pytest.fixture
def opened():
    from till import charge
    assert charge(2) == 2

def test_charges():
    assert charge(3) == 3
    assert charge(-1) == 0

def test_opened(opened): ...

def test_fails():
    assert charge(1) == 7
"""
HARMFUL = Fault(
    id="negative",
    area="handler",
    harm="Somebody is paid for buying.",
    file="till.py",
    replace="max(sum, 0)",
    by="sum",
    caught_by=("test_till.py::test_charges",),
)
HARMLESS = replace(HARMFUL, id="comment", replace="less than nothing", by="below nothing")
FAULTS = {
    Verdict.CAUGHT: [HARMFUL],
    Verdict.SURVIVED: [HARMLESS],
    Verdict.STALE: [
        replace(HARMFUL, id="gone", replace="min(sum, 0)"),
        replace(HARMFUL, id="twice", replace="sum"),
        replace(HARMFUL, id="file", file="bill.py"),
    ],
    Verdict.UNFAIR: [
        replace(HARMFUL, id="syntax", by="max(sum, 0"),
        replace(HARMFUL, id="name", by="max(some, 0)"),
        replace(HARMFUL, id="same", by="max(sum, 0)"),
        replace(HARMFUL, id="fixture", by="0", caught_by=("test_till.py::test_opened",)),
    ],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of two files that git knows, or would on `git add`."""
    root = tmp_path_factory.mktemp("small")
    (root / "till.py").write_text(CODE)
    (root / "test_till.py").write_text(TESTS)
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return root


@pytest.fixture(scope="module")
def at_work(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    with bench(small, tmp_path_factory.mktemp("place"), with_database=False) as there:
        return there


def test_every_verdict(at_work: Bench, small: Path) -> None:
    told: list[Trial] = []
    trials = at_work.plant([each for faults in FAULTS.values() for each in faults], told.append)
    verdicts = {each.fault.id: (each.verdict, each.why) for each in trials}
    for verdict, faults in FAULTS.items():
        for fault in faults:
            assert verdicts[fault.id][0] is verdict, (fault.id, verdicts[fault.id])
    assert sorted(each.fault.id for each in told) == sorted(verdicts)
    assert verdicts["negative"][1] == "test_till.test_charges"
    assert (small / "till.py").read_text() == CODE


def test_tests_that_fail_anyway_prove_nothing(at_work: Bench) -> None:
    assert at_work.green([HARMFUL, HARMLESS]) == 1
    with pytest.raises(NotGreen, match=r"test_till.test_fails \(failure\)"):
        at_work.green([replace(HARMFUL, caught_by=("test_till.py::test_fails",))])


@pytest.mark.parametrize(("expects", "verdict"), [(True, Verdict.CAUGHT), (False, Verdict.UNFAIR)])
@pytest.mark.parametrize("outcome", ["failure", "error"])
def test_a_server_that_does_not_start_counts_where_that_is_expected(
    expects: bool, verdict: Verdict, outcome: str
) -> None:
    case = Case("serve.test_start.test_ready", outcome, "AssertionError: not ready: ''", "")
    fault = replace(HARMFUL, refuses_to_start=expects)
    assert judged(fault, Finished(1, (case,), ""))[0] is verdict


@pytest.mark.parametrize("code", [None, 2, 3, 4, 5])
def test_a_run_that_hangs_or_finds_no_test_catches_nothing(code: int | None) -> None:
    assert judged(HARMFUL, Finished(code, (), "said"))[0] is Verdict.UNFAIR


def test_a_start_that_was_to_be_refused_and_was_not_is_not_caught() -> None:
    case = Case("serve.test_start.test_ready", "failure", "assert 1 == 2", "")
    assert judged(replace(HARMFUL, refuses_to_start=True), Finished(1, (case,), ""))[0] is Verdict.UNFAIR


def test_a_directory_without_git_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoTree), bench(tmp_path, tmp_path / "place", with_database=False):
        pass
