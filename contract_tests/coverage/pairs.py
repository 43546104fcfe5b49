"""The pairs of operation and status: declared by the contract, seen in a run, and exempt with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from contract_tests.harness.checking import ANSWERS
from contract_tests.harness.contract import OUTSIDE, Contract

UNREACHABLE = Path(__file__).with_name("unreachable.yaml")


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """An operation, or `OUTSIDE`, and a status that it answers."""

    operation: str
    status: str

    def __str__(self) -> str:
        return f"{self.operation} {self.status}"

    @classmethod
    def parse(cls, text: str) -> Pair:
        """What `str` gives. Raises ValueError for anything else."""
        operation, status = text.split()
        return cls(operation, status)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a run came. `answers`: how often each pair was seen."""

    declared: frozenset[Pair]
    answers: Mapping[Pair, int]
    unreachable: Mapping[Pair, str]

    @property
    def missing(self) -> list[Pair]:
        """Declared, never seen, and not exempt."""
        return sorted(self.declared - self.answers.keys() - self.unreachable.keys())

    @property
    def refuted(self) -> list[Pair]:
        """Called unreachable, and seen."""
        return sorted(self.unreachable.keys() & self.answers.keys())

    @property
    def unknown(self) -> list[Pair]:
        """Seen or called unreachable, and not declared: records or exceptions of another contract."""
        return sorted((self.answers.keys() | self.unreachable.keys()) - self.declared)

    @property
    def complete(self) -> bool:
        """Whether there is nothing to complain of."""
        return not (self.missing or self.refuted or self.unknown)


def declared(rules: Contract) -> frozenset[Pair]:
    """Every pair of a contract, those outside of operations included."""
    return frozenset(
        Pair(operation, status)
        for operation in (*rules.operations, OUTSIDE)
        for status in rules.responses_of(operation)
    )


def seen(records: Path) -> Counter[Pair]:
    """Every pair in the records of a run, and how often. An absent directory holds none."""
    files = sorted((records / ANSWERS).glob("*"))
    lines = Counter(line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return Counter({Pair.parse(line): count for line, count in lines.items()})


def unreachable(file: Path = UNREACHABLE) -> dict[Pair, str]:
    """The pairs that no test can bring about, with the reason. Raises ValueError for one without a reason."""
    listed = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    if not all(isinstance(reason, str) and reason.strip() for reason in listed.values()):
        raise ValueError(f"{file.name}: a pair is unreachable for a reason.")
    return {Pair.parse(pair): reason for pair, reason in listed.items()}
