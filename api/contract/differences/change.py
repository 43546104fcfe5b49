"""One difference between two contracts and what it means for clients, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What a client of the older contract would notice."""

    BREAKING = "breaking"  # proven: something that worked does not work
    REVIEW = "review"  # neither proven nor refuted: a person decides
    COMPATIBLE = "compatible"  # proven: everything that worked works


@dataclass(frozen=True, slots=True)
class Change:
    """A difference. `operation` is an operationId, `place` says where below it, `what` is a sentence.

    `values` is a JSON Schema of the values that make the difference, where it could be worked out.
    """

    verdict: Verdict
    operation: str
    place: str
    what: str
    values: Any = None

    def as_json(self) -> dict[str, Any]:
        """The members of the change; `values` only where there are any."""
        told = {
            "verdict": str(self.verdict),
            "operation": self.operation,
            "place": self.place,
            "what": self.what,
        }
        return told if self.values is None else {**told, "values": self.values}
