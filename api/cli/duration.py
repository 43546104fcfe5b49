"""Durations as a person types them: `30d`, `12h`, `15m`, `45s`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta

import typer

LONGEST = timedelta(days=36_500)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(typed: str) -> timedelta:
    """The duration. Raises typer.BadParameter, which is a usage error, unless it is more than nothing and
    at most 100 years.
    """
    parts = re.fullmatch(r"([0-9]{1,10})([smhdw])", typed.strip().lower())
    length = None
    if parts is not None:
        length = timedelta(**{_UNITS[parts[2]]: int(parts[1])})
    if length is None or not timedelta(0) < length <= LONGEST:
        raise typer.BadParameter(f"{typed!r} is no duration such as 30d, 12h or 15m.")
    return length
