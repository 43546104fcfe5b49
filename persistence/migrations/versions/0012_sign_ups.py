"""Sign-ups that wait for their address, the links that are mailed, and what was seen at sign-up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_EXPIRING = ("sign_up", "account_token", "registration")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sign_up",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("password_hash", sa.String(256), nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("user_agent", sa.String(512), nullable=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sa.UniqueConstraint("username", name=op.f("uq_sign_up_username")),
    )
    op.create_index("ix_sign_up_email", "sign_up", ["email"])
    op.create_index(op.f("ix_sign_up_created_at"), "sign_up", ["created_at"])
    op.create_table(
        "account_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sign_up_id", sa.String(26), nullable=True),
        sa.Column("user_id", sa.String(26), nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('verify_email', 'password_reset', 'email_change', 'first_account')",
            name=op.f("ck_account_token_kind"),
        ),
        sa.CheckConstraint(
            "(kind = 'verify_email') = (sign_up_id IS NOT NULL)"
            " AND (kind IN ('password_reset', 'email_change')) = (user_id IS NOT NULL)"
            " AND (kind = 'email_change') = (email IS NOT NULL)",
            name=op.f("ck_account_token_belongs"),
        ),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_account_token_sign_up_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_account_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_token")),
    )
    op.create_index(op.f("ix_account_token_sign_up_id"), "account_token", ["sign_up_id"])
    op.create_index(op.f("ix_account_token_user_id"), "account_token", ["user_id"])
    op.create_index(op.f("ix_account_token_expires_at"), "account_token", ["expires_at"])
    op.create_index(
        "uq_account_token_first_account",
        "account_token",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("kind = 'first_account'"),
    )
    op.create_table(
        "registration",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("user_agent", sa.String(512), nullable=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_registration_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_user_id"), "registration", ["user_id"])
    op.create_index(op.f("ix_registration_at"), "registration", ["at"])
    for table in _EXPIRING:
        op.execute(
            f"ALTER TABLE {table} SET"
            " (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)"
        )


def downgrade() -> None:
    """Undo."""
    op.drop_table("registration")
    op.drop_table("account_token")
    op.drop_table("sign_up")
