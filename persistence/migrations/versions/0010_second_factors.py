"""Second factors of accounts, their setups, and sign-ins that wait for them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_EXPIRING = ("totp_setup", "passkey_setup", "sign_in_ticket")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "totp",
        _account(),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        _moment("confirmed_at"),
        *_keys("totp", "user_id"),
    )
    op.create_table(
        "totp_setup",
        _account(),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        _moment("created_at"),
        *_keys("totp_setup", "user_id"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _account(),
        _moment("created_at"),
        _moment("used_at", nullable=True),
        *_keys("recovery_code", "code_hash"),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(26), nullable=False),
        _account(),
        sa.Column("credential_id", sa.String(1364), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.String(16)), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        _moment("created_at"),
        _moment("last_used_at", nullable=True),
        *_keys("passkey", "id"),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_table(
        "passkey_setup",
        _account(),
        sa.Column("challenge", sa.String(64), nullable=False),
        _moment("created_at"),
        *_keys("passkey_setup", "user_id"),
    )
    op.create_table(
        "sign_in_ticket",
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        _account(),
        sa.Column("password_digest", sa.LargeBinary(), nullable=False),
        sa.Column("challenge", sa.String(64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        *_keys("sign_in_ticket", "ticket_hash"),
    )
    for table in ("recovery_code", "passkey", "sign_in_ticket"):
        op.create_index(op.f(f"ix_{table}_user_id"), table, ["user_id"])
    op.create_index(op.f("ix_totp_setup_created_at"), "totp_setup", ["created_at"])
    op.create_index(op.f("ix_passkey_setup_created_at"), "passkey_setup", ["created_at"])
    op.create_index(op.f("ix_sign_in_ticket_expires_at"), "sign_in_ticket", ["expires_at"])
    for table in _EXPIRING:
        op.execute(
            f"ALTER TABLE {table} SET"
            " (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)"
        )


def downgrade() -> None:
    """Undo."""
    for table in ("sign_in_ticket", "passkey_setup", "passkey", "recovery_code", "totp_setup", "totp"):
        op.drop_table(table)


def _account() -> sa.Column[str]:
    return sa.Column("user_id", sa.String(26), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _keys(table: str, primary: str) -> tuple[sa.ForeignKeyConstraint, sa.PrimaryKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(primary, name=op.f(f"pk_{table}")),
    )
