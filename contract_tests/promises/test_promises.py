"""The table, the markers, the list of what is open and the page agree with one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.harness.contract import contract
from contract_tests.interface.publication import tagged
from contract_tests.promises.markers import MarkerRefused, proofs
from contract_tests.promises.page import PAGE, page
from contract_tests.promises.table import OPEN, groups, is_declared, promises, still_open

KNOWN = promises()
OPEN_ONES = still_open()
PROOFS = proofs()


class TestTheTable:
    def test_names_every_promise_once(self) -> None:
        expected = [
            f"{letter}{number}"
            for letter, last in (("C", 19), ("K", 25), ("N", 5))
            for number in range(1, last + 1)
        ]
        assert list(KNOWN) == expected

    @pytest.mark.parametrize("promise", KNOWN)
    def test_names_places_that_the_contract_has(self, promise: str) -> None:
        assert [each for each in KNOWN[promise].declared if not is_declared(each, contract())] == []


class TestTheMarkers:
    def test_name_promises_that_exist(self) -> None:
        assert [each for each in PROOFS if each.promise not in KNOWN] == []

    @pytest.mark.parametrize("promise", KNOWN)
    def test_prove_what_is_not_listed_as_open(self, promise: str) -> None:
        proven = any(each.promise == promise for each in PROOFS)
        assert proven == (promise not in OPEN_ONES.unproven), (
            f"{promise} has {'a' if proven else 'no'} proof: correct {OPEN.name}, which says what is missing."
        )


class TestWhatIsOpen:
    def test_is_listed_once_and_known(self) -> None:
        assert not OPEN_ONES.partly.keys() & OPEN_ONES.unproven.keys()
        assert OPEN_ONES.partly.keys() | OPEN_ONES.unproven.keys() <= KNOWN.keys()

    def test_only_gets_less(self) -> None:
        text = tagged(OPEN)
        if text is not None:
            before = still_open(text.decode())
            assert OPEN_ONES.unproven.keys() <= before.unproven.keys()
            assert OPEN_ONES.partly.keys() <= before.partly.keys() | before.unproven.keys()


class TestThePage:
    def test_is_current(self) -> None:
        assert PAGE.read_text() == page(groups(), PROOFS, OPEN_ONES), "Run scripts/promises."


class TestReading:
    """Markers that a run of the tests would not hold to are refused."""

    def read(self, tmp_path: Path, source: str) -> list[tuple[str, str]]:
        root = tmp_path / "suite"
        root.mkdir()
        (root / "test_it.py").write_text(f"import pytest\n{source}")
        return [(each.promise, each.name) for each in proofs(root)]

    def test_finds_functions_methods_and_classes(self, tmp_path: Path) -> None:
        source = (
            '@pytest.mark.promise("C1", "C2")\nasync def test_a(): ...\n'
            '@pytest.mark.promise("C3")\nclass TestB:\n'
            '    @pytest.mark.promise("C4")\n    def test_c(self): ...\n'
        )
        assert self.read(tmp_path, source) == [
            ("C1", "test_a"), ("C2", "test_a"), ("C3", "TestB"), ("C4", "TestB.test_c"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "source",
        [
            '@pytest.mark.promise("C1")\ndef holds(): ...\n',
            '@pytest.mark.promise("C1")\n@pytest.mark.skip\ndef test_a(): ...\n',
            '@pytest.mark.xfail(strict=True)\n@pytest.mark.promise("C1")\ndef test_a(): ...\n',
            "@pytest.mark.promise\ndef test_a(): ...\n",
            '@pytest.mark.promise(*["C1"])\ndef test_a(): ...\n',
            'pytestmark = pytest.mark.promise("C1")\n',
        ],
    )
    def test_refuses_what_proves_nothing(self, tmp_path: Path, source: str) -> None:
        with pytest.raises(MarkerRefused):
            self.read(tmp_path, source)
