"""Schemathesis finds nothing with the credential that each operation asks for: all phases, all operations.

The number of examples is what fits into a run of the whole suite; `scripts/fuzz` goes on for longer.
"""

from __future__ import annotations

import pytest

from contract_tests.fuzz.credentials import FITTING
from contract_tests.fuzz.preparation import Prepared
from contract_tests.fuzz.run import LIMIT_S, assert_nothing_is_found


@pytest.mark.timeout(LIMIT_S + 30)
def test_nothing_is_found(fuzzed: Prepared) -> None:
    assert_nothing_is_found(fuzzed.credentials(FITTING), max_examples=10, limit_s=LIMIT_S)
