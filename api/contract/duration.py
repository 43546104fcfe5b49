"""Durations as the contract writes them: ISO 8601, of days, hours, minutes and seconds, such as `PT30M`.

Years and months are refused, because how long they are depends on when they begin.
"""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"P(?:([0-9]{1,9})D)?(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})S)?)?")
_LONGEST = timedelta(days=36_525)


def duration(text: object) -> timedelta | None:
    """The duration, or None when `text` is none of at most a hundred years."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
    return length if length <= _LONGEST else None
