"""The order in which the files of tests are dealt out names files that are there, and puts them first."""

from __future__ import annotations

import pytest

from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.order import LONGEST


def test_names_files_that_are_there_once() -> None:
    assert [name for name in LONGEST if not (REPOSITORY / "contract_tests" / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_a_long_file_comes_before_what_would_come_before_it(request: pytest.FixtureRequest) -> None:
    """Of those that this run has, this one among them, which is not long."""
    files = [
        item.path.relative_to(REPOSITORY / "contract_tests").as_posix() for item in request.session.items
    ]
    begun = list(dict.fromkeys(files))
    long_ones = [name for name in begun if name in LONGEST]
    assert begun[: len(long_ones)] == sorted(long_ones, key=LONGEST.index)
