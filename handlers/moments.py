"""Times as the contract writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(moment: datetime) -> int:
    """Whole Unix seconds (`Timestamp`)."""
    return int(moment.timestamp())


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds (`date-time`)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
