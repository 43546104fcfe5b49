"""The tables of PgQueuer 1.6, in which jobs are scheduled and wait.

They are made here and not by PgQueuer's own installer, so that the tables of a database follow from its
revision alone and the server needs no right to define any while it runs. `persistence/tables/jobs.py` says
them column by column; the type, and what tells a waiting server of a new job, are below.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_STATUS = postgresql.ENUM(
    "queued",
    "picked",
    "successful",
    "exception",
    "canceled",
    "deleted",
    "failed",
    name="pgqueuer_status",
    create_type=False,
)
_QUEUED = sa.text("status = 'queued'::pgqueuer_status")
_PICKED = sa.text("status = 'picked'::pgqueuer_status")

# A statement's trigger has no rows to compare, so a change of existing ones is not told: the change is the
# telling server's own. The members are those that PgQueuer reads.
_TELL = """
CREATE FUNCTION fn_pgqueuer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        PERFORM pg_notify('ch_pgqueuer', json_build_object(
            'type', 'table_changed_event',
            'channel', 'ch_pgqueuer',
            'table', TG_TABLE_NAME,
            'operation', lower(TG_OP),
            'sent_at', now()
        )::text);
    END IF;
    RETURN NULL;
END $$
"""
_WHEN = """
CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON pgqueuer
FOR EACH STATEMENT EXECUTE FUNCTION fn_pgqueuer_changed()
"""


def upgrade() -> None:
    """Apply."""
    _STATUS.create(op.get_bind())
    _create_queue()
    _create_log()
    _create_schedules()
    _create_statistics()
    op.execute(_TELL)
    op.execute(_WHEN)


def downgrade() -> None:
    """Undo. Jobs that wait are forgotten; each comes again at its time."""
    op.drop_table("pgqueuer_statistics")
    op.drop_table("pgqueuer_schedules")
    op.drop_table("pgqueuer_log")
    op.drop_table("pgqueuer")
    op.execute("DROP FUNCTION fn_pgqueuer_changed()")
    _STATUS.drop(op.get_bind())


def _number() -> "sa.Column[int]":
    return sa.Column("id", sa.BigInteger(), autoincrement=True)


def _now(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _create_queue() -> None:
    op.create_table(
        "pgqueuer",
        _number(),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("queue_manager_id", postgresql.UUID(), nullable=True),
        _now("created"),
        _now("updated"),
        _now("heartbeat"),
        _now("execute_after"),
        sa.Column("status", _STATUS, nullable=False),
        sa.Column("entrypoint", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("headers", postgresql.JSONB(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pgqueuer_pkey"),
    )
    op.create_index(
        "pgqueuer_ep_ea_idx", "pgqueuer", ["entrypoint", "execute_after"], postgresql_where=_QUEUED
    )
    op.create_index(
        "pgqueuer_ep_prio_id_idx",
        "pgqueuer",
        ["entrypoint", sa.text("priority DESC"), "id"],
        postgresql_where=_QUEUED,
    )
    op.create_index("pgqueuer_picked_heartbeat_idx", "pgqueuer", ["heartbeat"], postgresql_where=_PICKED)
    op.create_index(
        "pgqueuer_picked_slot_idx",
        "pgqueuer",
        ["entrypoint", "slot"],
        unique=True,
        postgresql_where=sa.text("status = 'picked'::pgqueuer_status AND slot IS NOT NULL"),
    )
    op.create_index(
        "pgqueuer_priority_id_id1_idx",
        "pgqueuer",
        ["priority", sa.text("id DESC")],
        postgresql_include=["id"],
        postgresql_where=_QUEUED,
    )
    op.create_index(
        "pgqueuer_queue_manager_id_idx",
        "pgqueuer",
        ["queue_manager_id"],
        postgresql_where=sa.text("queue_manager_id IS NOT NULL"),
    )
    op.create_index(
        "pgqueuer_unique_dedupe_key",
        "pgqueuer",
        ["dedupe_key"],
        unique=True,
        postgresql_where=sa.text(
            "status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status])"
            " AND dedupe_key IS NOT NULL"
        ),
    )
    op.create_index(
        "pgqueuer_updated_id_id1_idx",
        "pgqueuer",
        ["updated", sa.text("id DESC")],
        postgresql_include=["id"],
        postgresql_where=_PICKED,
    )


def _create_log() -> None:
    op.create_table(
        "pgqueuer_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False)),
        _now("created"),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("status", _STATUS, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("entrypoint", sa.Text(), nullable=False),
        sa.Column("traceback", postgresql.JSONB(), nullable=True),
        sa.Column("aggregated", sa.Boolean(), server_default=sa.text("false"), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pgqueuer_log_pkey"),
    )
    op.create_index("pgqueuer_log_created", "pgqueuer_log", ["created"])
    op.create_index("pgqueuer_log_job_id_status", "pgqueuer_log", ["job_id", sa.text("created DESC")])
    op.create_index(
        "pgqueuer_log_not_aggregated",
        "pgqueuer_log",
        [sa.text("(1)")],
        postgresql_where=sa.text("NOT aggregated"),
    )
    op.create_index("pgqueuer_log_status", "pgqueuer_log", ["status"])


def _create_schedules() -> None:
    op.create_table(
        "pgqueuer_schedules",
        _number(),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("entrypoint", sa.Text(), nullable=False),
        _now("heartbeat"),
        _now("created"),
        _now("updated"),
        _now("next_run"),
        sa.Column("last_run", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", _STATUS, server_default=sa.text("'queued'::pgqueuer_status"), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pgqueuer_schedules_pkey"),
        sa.UniqueConstraint("expression", "entrypoint", name="pgqueuer_schedules_expression_entrypoint_key"),
    )


def _create_statistics() -> None:
    op.create_table(
        "pgqueuer_statistics",
        _number(),
        sa.Column(
            "created",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('sec'::text, now())"),
            nullable=False,
        ),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("status", _STATUS, nullable=False),
        sa.Column("entrypoint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pgqueuer_statistics_pkey"),
    )
    op.create_index(
        "pgqueuer_statistics_unique_count",
        "pgqueuer_statistics",
        [
            "priority",
            sa.text("date_trunc('sec'::text, timezone('UTC'::text, created))"),
            "status",
            "entrypoint",
        ],
        unique=True,
    )
