"""Schemathesis finds nothing with one credential everywhere: where it does not fit it is refused.

A run takes a third of the kinds, chosen by the commit; `--all-credentials` takes all of them, and so does
`scripts/fuzz`.
"""

from __future__ import annotations

import pytest

from contract_tests.fuzz.credentials import PARTS, dealt, schemes
from contract_tests.fuzz.preparation import Prepared
from contract_tests.fuzz.run import LIMIT_S, assert_nothing_is_found
from contract_tests.harness.commit import commit
from contract_tests.harness.contract import REPOSITORY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        everything = metafunc.config.getoption("all_credentials")
        metafunc.parametrize("kind", schemes() if everything else dealt(commit(REPOSITORY)))


@pytest.mark.timeout(LIMIT_S + 30)
def test_nothing_is_found(fuzzed: Prepared, kind: str) -> None:
    assert_nothing_is_found(fuzzed.credentials(kind), max_examples=5, limit_s=LIMIT_S)


def test_every_kind_has_its_turn() -> None:
    turns = [dealt(f"{number:040x}") for number in range(PARTS)]
    assert sorted(kind for turn in turns for kind in turn) == sorted(schemes())
    assert all(turns)
    assert dealt(None) == schemes()
