"""The recorder's statement: at most one interaction per instance, person, operation and interval, decided
by the database.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, literal, select
from sqlalchemy.dialects.postgresql import insert

from persistence.held import held
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_instance = metadata.tables["instance"]
_interaction = metadata.tables["interaction"]
_clock = metadata.tables["interaction_clock"]

_tick = insert(_clock).from_select(
    ["instance_id", "id", "user_id", "operation", "at"],
    held(
        select(
            _instance.c.id,
            *(bindparam(name, type_=_clock.c[name].type) for name in ("id", "user_id", "operation", "at")),
        ).where(_instance.c.id == bindparam("instance_id"))
    ),
)
_due = (
    _tick.on_conflict_do_update(
        constraint="uq_interaction_clock_subject",
        set_={"at": _tick.excluded.at},
        where=_clock.c.at <= bindparam("recorded_since", type_=_clock.c.at.type),
    )
    .returning(_clock.c.instance_id, _clock.c.user_id, _clock.c.operation, _clock.c.at)
    .cte("due")
)
_RECORD = Statement(
    insert(_interaction)
    .from_select(
        ["id", "instance_id", "user_id", "operation", "ip", "at"],
        select(
            bindparam("id", type_=_interaction.c.id.type),
            _due.c.instance_id,
            _due.c.user_id,
            _due.c.operation,
            bindparam("ip", type_=_interaction.c.ip.type),
            _due.c.at,
        ),
    )
    .returning(literal(1))
)


def record_interaction(
    store: UnitOfWork,
    *,
    id: str,
    instance_id: str,
    user_id: str | None,
    operation: str,
    ip: str | None,
    at: datetime,
    recorded_since: datetime,
) -> None:
    """Record one call at commit, unless one was recorded after `recorded_since`. 100 parallel calls leave
    one row, and none when the instance is gone by then.
    """
    store.defer(
        _RECORD,
        id=id,
        instance_id=instance_id,
        user_id=user_id,
        operation=operation,
        ip=ip,
        at=at,
        recorded_since=recorded_since,
    )
