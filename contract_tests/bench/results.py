"""What a row of the bench comes to: a ratio of two sides, a table of growth, or the reason why there is
none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Protocol

from contract_tests.bench.rounds import Round


class Result(Protocol):
    """One measured row. `met` is None where there is no target."""

    @property
    def row(self) -> str:
        """The name of the row that it belongs to."""
        ...

    @property
    def what(self) -> str:
        """What was compared, in a few words."""
        ...

    @property
    def target(self) -> str:
        """The target as it is printed; empty for a row that is for information."""
        ...

    @property
    def measured(self) -> str:
        """The number beside the target, with its spread."""
        ...

    @property
    def met(self) -> bool | None:
        """Whether the target was reached."""
        ...

    def lines(self) -> list[str]:
        """The details, for a person."""
        ...

    def document(self) -> dict[str, object]:
        """Everything, for a machine."""
        ...


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a ratio: its name and its rounds in the order in which they were run."""

    name: str
    rounds: tuple[Round, ...]

    def line(self) -> str:
        """Medians over the rounds."""
        cpu = [each.cpu_us_per_request for each in self.rounds if each.cpu_us_per_request is not None]
        return (
            f"  {self.name:34}{median(each.requests_per_s for each in self.rounds):>10,.0f} requests/s"
            f"{median(each.p50_ms for each in self.rounds):>9.2f} ms p50"
            f"{median(each.p99_ms for each in self.rounds):>9.2f} ms p99"
            + (f"{median(cpu):>9.1f} µs CPU/request" if cpu else "")
        )


@dataclass(frozen=True, slots=True)
class Ratio:
    """A subject beside its baseline, and the least part of the baseline's requests/s that it is to reach."""

    row: str
    subject: Side
    baseline: Side
    least: float | None = None

    @property
    def what(self) -> str:
        """Both names."""
        return f"{self.subject.name} / {self.baseline.name}"

    @property
    def ratios(self) -> tuple[float, ...]:
        """The subject's requests/s over the baseline's, round by round."""
        pairs = zip(self.subject.rounds, self.baseline.rounds, strict=True)
        return tuple(mine.requests_per_s / theirs.requests_per_s for mine, theirs in pairs)

    @property
    def ratio(self) -> float:
        """Their median."""
        return median(self.ratios)

    @property
    def target(self) -> str:
        """The least that is wanted."""
        return "" if self.least is None else f"≥ {self.least:.2f}"

    @property
    def measured(self) -> str:
        """The median and the spread."""
        return f"{self.ratio:.2f} ({min(self.ratios):.2f} to {max(self.ratios):.2f})"

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the target."""
        return None if self.least is None else self.ratio >= self.least

    def lines(self) -> list[str]:
        """Both sides."""
        return [self.subject.line(), self.baseline.line()]

    def document(self) -> dict[str, object]:
        """Every round."""
        return {**asdict(self), "ratio": self.ratio, "ratios": self.ratios, "met": self.met}


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A row that this machine cannot measure, and why."""

    row: str
    why: str
    met: None = None
    what: str = "not measured"
    target: str = ""

    @property
    def measured(self) -> str:
        """The reason."""
        return self.why

    def lines(self) -> list[str]:
        """Nothing more."""
        return []

    def document(self) -> dict[str, object]:
        """The reason."""
        return {"row": self.row, "not_measured": self.why}
