"""Times as the contract writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_TO_THE_SECOND: Final = len("2026-11-22T12:00:00")


def seconds(moment: datetime) -> int:
    """Whole Unix seconds (`Timestamp`)."""
    return int(moment.timestamp())


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds (`date-time`)."""
    return moment.astimezone(UTC).isoformat()[:_TO_THE_SECOND] + "Z"  # strftime takes twice as long
