"""PgQueuer's tables, as the version that is locked wants them: what is due when, what waits, what was done.

PgQueuer names them and says their columns and indexes; a test holds them to what the installed version would
create. Nothing in them is about a person: a job takes no input, and a failure's text is not kept.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ENUM, JSONB, UUID

from persistence.tables.columns import metadata

_QUEUED: Final = text("status = 'queued'::pgqueuer_status")
_PICKED: Final = text("status = 'picked'::pgqueuer_status")

STATUS: Final = ENUM(
    "queued",
    "picked",
    "successful",
    "exception",
    "canceled",
    "deleted",
    "failed",
    name="pgqueuer_status",
    metadata=metadata,
)


def _now(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=text("now()"))


def _number() -> Column[Any]:
    return Column("id", BigInteger, autoincrement=True)


queue = Table(
    "pgqueuer",
    metadata,
    _number(),
    Column("priority", Integer, nullable=False),
    Column("queue_manager_id", UUID),
    _now("created"),
    _now("updated"),
    _now("heartbeat"),
    _now("execute_after"),
    Column("status", STATUS, nullable=False),
    Column("entrypoint", Text, nullable=False),
    Column("dedupe_key", Text),
    Column("payload", LargeBinary),
    Column("headers", JSONB),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("slot", BigInteger),
    PrimaryKeyConstraint("id", name="pgqueuer_pkey"),
    Index("pgqueuer_ep_ea_idx", "entrypoint", "execute_after", postgresql_where=_QUEUED),
    Index("pgqueuer_ep_prio_id_idx", "entrypoint", text("priority DESC"), "id", postgresql_where=_QUEUED),
    Index("pgqueuer_picked_heartbeat_idx", "heartbeat", postgresql_where=_PICKED),
    Index(
        "pgqueuer_picked_slot_idx",
        "entrypoint",
        "slot",
        unique=True,
        postgresql_where=text("status = 'picked'::pgqueuer_status AND slot IS NOT NULL"),
    ),
    Index(
        "pgqueuer_priority_id_id1_idx",
        "priority",
        text("id DESC"),
        postgresql_include=["id"],
        postgresql_where=_QUEUED,
    ),
    Index(
        "pgqueuer_queue_manager_id_idx",
        "queue_manager_id",
        postgresql_where=text("queue_manager_id IS NOT NULL"),
    ),
    Index(
        "pgqueuer_unique_dedupe_key",
        "dedupe_key",
        unique=True,
        postgresql_where=text(
            "status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status])"
            " AND dedupe_key IS NOT NULL"
        ),
    ),
    Index(
        "pgqueuer_updated_id_id1_idx",
        "updated",
        text("id DESC"),
        postgresql_include=["id"],
        postgresql_where=_PICKED,
    ),
)
"""Jobs that wait or run."""

log = Table(
    "pgqueuer_log",
    metadata,
    Column("id", BigInteger, Identity(always=False)),
    _now("created"),
    Column("job_id", BigInteger, nullable=False),
    Column("status", STATUS, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("entrypoint", Text, nullable=False),
    Column("traceback", JSONB),
    Column("aggregated", Boolean, server_default=text("false")),
    PrimaryKeyConstraint("id", name="pgqueuer_log_pkey"),
    Index("pgqueuer_log_created", "created"),
    Index("pgqueuer_log_job_id_status", "job_id", text("created DESC")),
    Index("pgqueuer_log_not_aggregated", text("(1)"), postgresql_where=text("NOT aggregated")),
    Index("pgqueuer_log_status", "status"),
)
"""What became of each."""

schedules = Table(
    "pgqueuer_schedules",
    metadata,
    _number(),
    Column("expression", Text, nullable=False),
    Column("entrypoint", Text, nullable=False),
    _now("heartbeat"),
    _now("created"),
    _now("updated"),
    _now("next_run"),
    Column("last_run", DateTime(timezone=True)),
    Column("status", STATUS, server_default=text("'queued'::pgqueuer_status")),
    PrimaryKeyConstraint("id", name="pgqueuer_schedules_pkey"),
    UniqueConstraint("expression", "entrypoint", name="pgqueuer_schedules_expression_entrypoint_key"),
)
"""When each is due next."""

statistics = Table(
    "pgqueuer_statistics",
    metadata,
    _number(),
    Column(
        "created",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("date_trunc('sec'::text, now())"),
    ),
    Column("count", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", STATUS, nullable=False),
    Column("entrypoint", Text, nullable=False),
    PrimaryKeyConstraint("id", name="pgqueuer_statistics_pkey"),
    Index(
        "pgqueuer_statistics_unique_count",
        "priority",
        text("date_trunc('sec'::text, timezone('UTC'::text, created))"),
        "status",
        "entrypoint",
        unique=True,
    ),
)
"""PgQueuer's tally of the log, which it insists on and which stays empty: our metrics count."""
