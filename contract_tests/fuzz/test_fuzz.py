"""Schemathesis finds nothing, whoever it is: one run for each kind of credential, all phases, all operations.

The numbers of examples are what fits into a run of the whole suite; `scripts/fuzz` goes on for longer.
"""

from __future__ import annotations

import re

import pytest

from contract_tests.fuzz.credentials import FITTING, kinds
from contract_tests.fuzz.preparation import Prepared
from contract_tests.fuzz.run import fuzz
from contract_tests.harness.contract import contract

EXAMPLES = {FITTING: 20}
EXAMPLES_WITH_ONE_CREDENTIAL = 5
LIMIT_S = 240.0


@pytest.mark.timeout(LIMIT_S + 30)
@pytest.mark.parametrize("kind", kinds())
def test_nothing_is_found(fuzzed: Prepared, kind: str) -> None:
    examples = EXAMPLES.get(kind, EXAMPLES_WITH_ONE_CREDENTIAL)
    run = fuzz(fuzzed.credentials(kind), LIMIT_S, max_examples=examples)
    assert run.passed, run.output
    assert re.search(
        rf"Selected: {len(contract().operations)}/{len(contract().operations)}$", run.output, re.M
    )
    assert run.cases > 20 * len(contract().operations)
    print(f"{kind}: {run.cases} cases, seed {run.seed}")
