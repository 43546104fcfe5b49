"""The months for which plans give credits. They begin and end in UTC, wherever a server or a person is."""

from __future__ import annotations

from datetime import UTC, datetime


def month_of(now: datetime) -> str:
    """The month of a moment, such as `2027-01`."""
    return now.astimezone(UTC).strftime("%Y-%m")


def begin_of_next(now: datetime) -> datetime:
    """When the month after that of a moment begins."""
    at = now.astimezone(UTC)
    return datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)
