"""The order in which the files of tests are dealt out names files that are there, and puts them first."""

from __future__ import annotations

import pytest

from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.order import BY_THEMSELVES, IN_ONE_PIECE, LONGEST, piece_of


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


def test_what_belongs_together_is_there_and_is_dealt_in_one_piece() -> None:
    assert [each for each in (*IN_ONE_PIECE, *BY_THEMSELVES) if not (REPOSITORY / each).exists()] == []
    assert piece_of("contract_tests/races/test_workers.py") == piece_of("contract_tests/races/test_limits.py")
    assert piece_of("contract_tests/captcha/test_sign_in.py") == piece_of(
        "contract_tests/dashboard/test_captcha.py"
    )
    for alone in (*BY_THEMSELVES, "contract_tests/serve/test_stop.py"):
        assert piece_of(alone) == alone
