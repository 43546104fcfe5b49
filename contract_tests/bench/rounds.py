"""Interleaved rounds, so that what else the machine does falls on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from contract_tests.bench.cores import cpu_seconds
from contract_tests.bench.load import CONNECTIONS, drive
from contract_tests.bench.subject import Subject

_WARM_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long each side is driven."""

    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Round:
    """One subject, driven for some seconds."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_request: float | None


def run_round(subject: Subject, *, seconds: float, connections: int = CONNECTIONS) -> Round:
    """Drive a subject once. Raises NotAnswered."""
    before = cpu_seconds(subject.pid)
    driven = drive(subject.port, subject.calls, seconds=seconds, connections=connections)
    after = cpu_seconds(subject.pid)
    cpu = None if before is None or after is None else (after - before) / driven.requests * 1e6
    return Round(driven.requests / driven.seconds, driven.p50_ms, driven.p99_ms, cpu)


def run_rounds(
    *subjects: Subject,
    pace: Pace,
    before: Callable[[], None] = lambda: None,
    connections: int = CONNECTIONS,
) -> tuple[tuple[Round, ...], ...]:
    """Run the subjects in turn, changing who goes first; each one's rounds, in the order of the subjects.

    `before` is called before every round. Raises NotAnswered.
    """
    for subject in subjects:
        warm_up_s = min(_WARM_UP_S, pace.seconds)
        drive(subject.port, subject.calls, seconds=warm_up_s, connections=connections)
    results: list[list[Round]] = [[] for _ in subjects]
    for order in orders(len(subjects), pace.rounds):
        for index in order:
            before()
            done = run_round(subjects[index], seconds=pace.seconds, connections=connections)
            results[index].append(done)
    return tuple(tuple(each) for each in results)


def orders(count: int, rounds: int) -> Iterator[Sequence[int]]:
    """The numbers below `count`, forwards and backwards in turn."""
    for index in range(rounds):
        yield range(count) if index % 2 == 0 else range(count)[::-1]
