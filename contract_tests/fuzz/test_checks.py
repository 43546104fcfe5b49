"""Each check of our own finds what it is for, and nothing where there is nothing to find."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from contract_tests.fuzz.credentials import ANONYMOUS, FuzzCredentials
from contract_tests.fuzz.misbehaving import MISDEEDS, misbehaving_server
from contract_tests.fuzz.run import fuzz

CONTRACT = Path(__file__).with_name("misbehaving.yaml")
CHECKS = (
    "problem_json", "challenge_on_401", "no_undeclared_redirect", "no_python_leak", "exact_allow",
    "refusal_has_a_reason",
)  # fmt: skip
LIMIT_S = 100.0


@pytest.fixture(scope="module")
def found() -> Mapping[str, set[str]]:
    """The path of each misdeed, and the checks of ours that failed there."""
    with misbehaving_server() as url:
        only = [f"--checks={','.join(CHECKS)}", "--phases=examples,coverage,fuzzing"]
        run = fuzz(FuzzCredentials(ANONYMOUS, url), LIMIT_S, contract=CONTRACT, max_examples=5, options=only)
    assert not run.passed
    by_path: dict[str, set[str]] = {}
    for section in re.split(r"^_{5,} ", run.output, flags=re.MULTILINE)[1:]:
        path = section.partition(" _")[0].partition(" ")[2].strip("/ ")
        by_path.setdefault(path, set()).update(re.findall(r"Custom check failed: `(\w+)`", section))
    return by_path


@pytest.mark.parametrize("check", CHECKS)
def test_finds_what_it_is_for(found: Mapping[str, set[str]], check: str) -> None:
    assert check in found[check]


def test_finds_a_repeated_secret(found: Mapping[str, set[str]]) -> None:
    assert "no_python_leak" in found["repeats_a_secret"]


def test_finds_nothing_where_nothing_is_wrong(found: Mapping[str, set[str]]) -> None:
    assert "behaves" in MISDEEDS
    assert not found.get("behaves")
