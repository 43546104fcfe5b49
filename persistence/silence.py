"""How long an instance has been silent, by what is recorded of it, and what its workspace calls that.

Nothing is stored about it: a stale or archived instance is an active one again when its next call is
recorded. Recorded calls are kept for 90 days, so no longer silence can be told from another.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, bindparam, case, func, select

from persistence.tables import metadata

_instance = metadata.tables["instance"]
_workspace = metadata.tables["workspace"]
_interaction = metadata.tables["interaction"]
_NOW = bindparam("now", type_=_interaction.c.at.type)

told: Final = (
    select(_interaction.c.at)
    .where(_interaction.c.instance_id == _instance.c.id)
    .order_by(_interaction.c.at.desc())
    .limit(1)
    .lateral("told")
)
"""The last recorded call of a row of `instance`, to be joined from the left: one row or none."""

LAST_SEEN: Final = told.c.at.label("last_seen_at")
"""Null when nothing is recorded."""


def _silent_for(seconds: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether that long. Who never called is counted from the claim."""
    since = func.greatest(told.c.at, _instance.c.claimed_at)
    return since <= _NOW - func.make_interval(0, 0, 0, 0, 0, 0, seconds)


STATE: Final = case(
    (_silent_for(_workspace.c.archive_after_s), "archived"),
    (_silent_for(_workspace.c.stale_after_s), "stale"),
    else_="active",
)
"""Of rows of `instance`, its `workspace` and `told`."""
