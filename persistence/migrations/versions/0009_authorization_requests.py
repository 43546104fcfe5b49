"""What the authorization code flow keeps from request to redemption."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "authorization_request",
        sa.Column("handle_hash", sa.LargeBinary(), nullable=False),
        sa.Column("instance_id", sa.String(length=26), nullable=False),
        sa.Column("redirect_uri", sa.String(length=1024), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("client_state", sa.String(length=1024), nullable=True),
        sa.Column("code_challenge", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=True),
        sa.Column("granted_scopes", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("session_id", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'denied', 'redeemed')",
            name=op.f("ck_authorization_request_state"),
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["instance.id"],
            name=op.f("fk_authorization_request_instance_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_authorization_request_session_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_authorization_request_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("handle_hash", name=op.f("pk_authorization_request")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_authorization_request_code_hash")),
    )
    op.create_index(
        op.f("ix_authorization_request_expires_at"), "authorization_request", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_authorization_request_instance_id"), "authorization_request", ["instance_id"], unique=False
    )
    op.create_index(
        op.f("ix_authorization_request_session_id"), "authorization_request", ["session_id"], unique=False
    )
    op.create_index(
        op.f("ix_authorization_request_user_id"), "authorization_request", ["user_id"], unique=False
    )
    op.execute(
        "ALTER TABLE authorization_request SET"
        " (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_authorization_request_user_id"), table_name="authorization_request")
    op.drop_index(op.f("ix_authorization_request_session_id"), table_name="authorization_request")
    op.drop_index(op.f("ix_authorization_request_instance_id"), table_name="authorization_request")
    op.drop_index(op.f("ix_authorization_request_expires_at"), table_name="authorization_request")
    op.drop_table("authorization_request")
