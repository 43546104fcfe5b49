"""What one check found, and how all of them are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from api.cli.outcome import FAILED, Outcome

State = Literal["ok", "warn", "fail"]

_SHOWN: dict[State, str] = {"ok": "ok", "warn": "warn", "fail": "FAIL"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was checked, how it is, and a sentence or two about it."""

    check: str
    state: State
    detail: str


def told(findings: Sequence[Finding]) -> Outcome:
    """Exit code 1 if anything failed; a warning is no failure."""
    healthy = all(each.state != "fail" for each in findings)
    data = {
        "ok": healthy,
        "checks": [{"check": each.check, "state": each.state, "detail": each.detail} for each in findings],
    }
    lines = [f"{_SHOWN[each.state]:<5}{each.check:<13}{' '.join(each.detail.split())}" for each in findings]
    return Outcome(data, "\n".join(lines), code=0 if healthy else FAILED)
