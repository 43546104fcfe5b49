"""The gate lets a whole run through, and names what is missing from one that is not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.coverage.pairs import Coverage, Pair, declared, seen, unreachable
from contract_tests.harness import records
from contract_tests.harness.checking import ANSWERS, check
from contract_tests.harness.contract import OUTSIDE, Contract, ContractBroken, contract
from contract_tests.harness.judging import judged

PAIRS = declared(contract())
REACHABLE = PAIRS - unreachable().keys()
HEALTHY: dict[str, Any] = {
    "status_code": 200,
    "json": {"status": "ok", "version": "1.0.0"},
    "headers": {"X-Request-Id": "01KAJ3S9QWXJ0V0B4R1YH8N2CD", "Cache-Control": "no-store"},
}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The records of a run that has seen everything, by two processes."""
    folder = tmp_path / "records" / ANSWERS
    folder.mkdir(parents=True)
    everything = sorted(map(str, REACHABLE))
    for process, lines in (("1", everything[::2]), ("2", everything[1::2] * 2)):
        (folder / process).write_text("".join(f"{line}\n" for line in lines))
    return folder.parent


def judge(kept: Path) -> subprocess.CompletedProcess[str]:
    """The gate as `scripts/test` calls it."""
    return judged("contract_tests.coverage", str(kept), f"--report={kept / 'coverage.txt'}")


class TestGate:
    def test_passes_when_everything_was_seen(self, kept: Path) -> None:
        done = judge(kept)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{len(REACHABLE)} of {len(PAIRS)} pairs" in done.stdout
        assert len((kept / "coverage.txt").read_text().splitlines()) == len(PAIRS)

    @pytest.mark.parametrize(
        "pair", [Pair("token", "400"), Pair("asset", "500"), Pair(OUTSIDE, "405")], ids=str
    )
    def test_names_the_one_pair_that_is_missing(self, kept: Path, pair: Pair) -> None:
        for file in (kept / ANSWERS).iterdir():
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join(line for line in lines if line != f"{pair}\n"))
        done = judge(kept)
        assert done.returncode == 1
        assert done.stderr == f"coverage: declared and never answered: {pair}\n"

    def test_names_a_pair_that_the_contract_does_not_have(self, kept: Path) -> None:
        (kept / ANSWERS / "3").write_text("token 418\n")
        done = judge(kept)
        assert (done.returncode, "token 418" in done.stderr) == (1, True)

    def test_refuses_a_run_that_wrote_nothing(self, tmp_path: Path) -> None:
        done = judge(tmp_path)
        assert (done.returncode, len(done.stderr.splitlines())) == (
            1,
            len({each.operation for each in PAIRS}),
        )


class TestExceptions:
    def test_are_refuted_by_an_answer(self) -> None:
        pair = Pair("token", "400")
        assert not Coverage(PAIRS, dict.fromkeys(PAIRS, 1), {pair: "It never happens."}).complete
        others = dict.fromkeys(PAIRS - {pair}, 1)
        assert Coverage(PAIRS, others, {pair: "It never happens."}).complete

    def test_are_of_this_contract(self) -> None:
        assert unreachable().keys() <= PAIRS

    def test_have_a_reason(self, tmp_path: Path) -> None:
        (tmp_path / "unreachable.yaml").write_text('token 400: ""\n')
        with pytest.raises(ValueError, match="for a reason"):
            unreachable(tmp_path / "unreachable.yaml")


class TestDeclared:
    def test_is_every_status_of_every_operation_and_of_none(self) -> None:
        operations = contract().document["paths"].values()
        statuses = [each["responses"] for item in operations for each in item.values() if "responses" in each]
        assert len(PAIRS) == sum(map(len, [*statuses, contract().document[OUTSIDE]]))


class TestRecords:
    """What counts is an answer that was held whole against the contract of the server."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(records, "_directory", tmp_path)
        return tmp_path

    def answer(self, method: str = "GET", **changed: Any) -> httpx.Response:
        request = httpx.Request(method, "http://server/health")
        return httpx.Response(**{**HEALTHY, **changed}, request=request)

    def test_hold_what_was_checked(self, folder: Path) -> None:
        check(self.answer())
        check(self.answer())
        assert seen(folder) == {Pair("health", "200"): 2}

    def test_hold_nothing_that_broke_the_contract(self, folder: Path) -> None:
        broken: list[dict[str, Any]] = [{"json": {"status": "odd"}}, {"headers": {}}, {"status_code": 202}]
        for changed in broken:
            with pytest.raises(ContractBroken):
                check(self.answer(**changed))
        assert not seen(folder)

    def test_hold_nothing_that_was_checked_in_part_or_against_something_else(self, folder: Path) -> None:
        check(self.answer(), body=False)
        check(self.answer("HEAD", json=None))
        check(self.answer(), against=Contract(contract().document))
        assert not seen(folder)

    def test_are_kept_only_where_it_was_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(records, "_directory", None)
        check(self.answer())
        assert list(tmp_path.iterdir()) == []
