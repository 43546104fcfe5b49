"""Interleaved rounds, so that what else the machine does falls on both sides, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from contract_tests.bench.cores import cpu_seconds
from contract_tests.bench.load import drive
from contract_tests.bench.subject import Subject

_WARM_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Round:
    """One subject, driven for some seconds."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_request: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """A subject beside its baseline: every round of both, in the order they were run in."""

    subject: str
    baseline: str
    target: float | None
    rounds: tuple[Round, ...]
    baseline_rounds: tuple[Round, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """The subject's requests/s over the baseline's, round by round."""
        pairs = zip(self.rounds, self.baseline_rounds, strict=True)
        return tuple(mine.requests_per_s / theirs.requests_per_s for mine, theirs in pairs)

    @property
    def ratio(self) -> float:
        """Their median."""
        return median(self.ratios)


def run_round(subject: Subject, *, seconds: float) -> Round:
    """Drive a subject once. Raises NotAnswered."""
    before = cpu_seconds(subject.pid)
    driven = drive(subject.port, token=subject.token, seconds=seconds)
    after = cpu_seconds(subject.pid)
    cpu = None if before is None or after is None else (after - before) / driven.requests * 1e6
    return Round(driven.requests / driven.seconds, driven.p50_ms, driven.p99_ms, cpu)


def run_row(
    subject: Subject, baseline: Subject, *, rounds: int, seconds: float, target: float | None = None
) -> Row:
    """Run both in turn, `rounds` times `seconds` each, changing who goes first. Raises NotAnswered."""
    sides = {subject.name: subject, baseline.name: baseline}
    results: dict[str, list[Round]] = {name: [] for name in sides}
    for side in sides.values():
        drive(side.port, token=side.token, seconds=min(_WARM_UP_S, seconds))
    for order in _orders(tuple(sides), rounds):
        for name in order:
            results[name].append(run_round(sides[name], seconds=seconds))
    return Row(
        subject.name, baseline.name, target, tuple(results[subject.name]), tuple(results[baseline.name])
    )


def _orders(names: tuple[str, ...], rounds: int) -> Iterator[Sequence[str]]:
    for index in range(rounds):
        yield names if index % 2 == 0 else names[::-1]
