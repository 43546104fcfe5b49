"""`scripts/test` itself: what it runs when all tests have run, and what it ends with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from contract_tests.harness.contract import REPOSITORY

PYTHON = """#!/bin/sh
echo "$*" >> calls
for each; do last=$each; done
case $last in
    --records=*) [ -d "${last#--records=}" ] || exit 99 ;;
    *) [ "$1 $2" = "-m pytest" ] || [ -d "$last" ] || exit 99 ;;
esac
case "$2" in %s esac
"""
GATES = ("contract_tests.coverage", "contract_tests.logs")


class Checkout:
    """A checkout whose Python only writes down what it is asked to run, and ends as told."""

    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "scripts").mkdir()
        (place / ".venv" / "bin").mkdir(parents=True)
        shutil.copy2(REPOSITORY / "scripts" / "test", place / "scripts")
        for name in ("check", "in_environment"):
            self._program(place / "scripts" / name, "#!/bin/sh\n")

    def test(self, *arguments: str, **codes: int) -> int:
        """Run `scripts/test`; `codes`: what a module, by the end of its name, ends with."""
        cases = " ".join(f"*{name}) exit {code} ;;" for name, code in codes.items())
        self._program(self.place / ".venv" / "bin" / "python", PYTHON % cases)
        return subprocess.run([self.place / "scripts" / "test", *arguments], check=False).returncode

    @property
    def calls(self) -> list[str]:
        """What Python was asked to run."""
        return (self.place / "calls").read_text().splitlines()

    def _program(self, file: Path, text: str) -> None:
        file.write_text(text)
        file.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


class TestWholeRun:
    def test_is_judged_by_what_it_wrote(self, checkout: Checkout) -> None:
        assert checkout.test() == 0
        tests, *gates = checkout.calls
        records = tests.partition("--records=")[2]
        assert gates == [f"-m {gate} {records}" for gate in GATES]
        assert records
        assert not Path(records).exists()

    def test_writes_to_another_place_each_time(self, checkout: Checkout) -> None:
        checkout.test()
        checkout.test()
        assert len({call.split()[-1].removeprefix("--records=") for call in checkout.calls}) == 2

    @pytest.mark.parametrize("gate", ["coverage", "logs"])
    def test_fails_with_a_gate(self, checkout: Checkout, gate: str) -> None:
        assert checkout.test(**{gate: 1}) == 1
        assert len(checkout.calls) == 1 + len(GATES)

    def test_ends_with_what_the_tests_ended_with(self, checkout: Checkout) -> None:
        assert checkout.test(pytest=3, coverage=1) == 3


def test_a_part_of_the_tests_is_not_judged(checkout: Checkout) -> None:
    assert checkout.test("contract_tests/wire", coverage=1) == 0
    assert checkout.calls == ["-m pytest -q --dist loadfile --no-loadscope-reorder contract_tests/wire"]
