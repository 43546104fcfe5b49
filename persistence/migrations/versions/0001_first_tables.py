"""first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "attempt",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_window_started_at"), "attempt", ["window_started_at"], unique=False)
    op.create_table(
        "package",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("archive", sa.String(length=2048), nullable=False),
        sa.Column("author_name", sa.String(length=128), nullable=True),
        sa.Column("author_email", sa.String(length=254), nullable=True),
        sa.Column("author_url", sa.String(length=2048), nullable=True),
        sa.Column("changelog", sa.Text(), nullable=True),
        sa.Column("description", sa.String(length=4096), nullable=True),
        sa.Column("downloads", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("license", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("public_key", sa.String(length=256), nullable=False),
        sa.Column("quality", sa.String(length=16), nullable=False),
        sa.Column("readme", sa.Text(), nullable=True),
        sa.Column("repository", sa.String(length=2048), nullable=False),
        sa.Column("signature", sa.String(length=256), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package")),
    )
    op.create_table(
        "plan",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_plan")),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("version", name=op.f("uq_release_version")),
    )
    op.create_index(op.f("ix_release_released_at"), "release", ["released_at"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=True),
        sa.Column("plan", sa.String(length=32), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["plan"], ["plan.name"], name=op.f("fk_account_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
    )
    op.create_table(
        "plan_entitlement",
        sa.Column("plan", sa.String(length=32), nullable=False),
        sa.Column("entitlement", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan"], ["plan.name"], name=op.f("fk_plan_entitlement_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plan", "entitlement", name=op.f("pk_plan_entitlement")),
    )
    op.create_table(
        "release_link",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("arch", sa.String(length=32), nullable=False),
        sa.Column("display", sa.String(length=128), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=True),
        sa.Column("hash", sa.String(length=256), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("link", sa.String(length=2048), nullable=False),
        sa.Column("os", sa.String(length=32), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_release_link_release_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release_id", "position", name=op.f("pk_release_link")),
    )
    op.create_table(
        "personal_access_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_personal_access_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_personal_access_token")),
        sa.UniqueConstraint("id", name=op.f("uq_personal_access_token_id")),
    )
    op.create_index(
        op.f("ix_personal_access_token_user_id"), "personal_access_token", ["user_id"], unique=False
    )
    op.create_table(
        "workspace",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name=op.f("fk_workspace_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace")),
    )
    op.create_index(op.f("ix_workspace_owner_id"), "workspace", ["owner_id"], unique=False)
    op.create_table(
        "registration_key",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.String(length=16), nullable=False),
        sa.Column("workspace_id", sa.String(length=26), nullable=False),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("description", sa.String(length=256), nullable=False),
        sa.Column("name_prefix", sa.String(length=64), nullable=False),
        sa.Column("ephemeral", sa.Boolean(), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name=op.f("fk_registration_key_created_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name=op.f("fk_registration_key_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_registration_key_key_hash")),
    )
    op.create_index(
        op.f("ix_registration_key_workspace_id"), "registration_key", ["workspace_id"], unique=False
    )
    op.create_table(
        "workspace_member",
        sa.Column("workspace_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_workspace_member_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name=op.f("fk_workspace_member_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_workspace_member")),
    )
    op.create_index(op.f("ix_workspace_member_user_id"), "workspace_member", ["user_id"], unique=False)
    op.create_table(
        "instance",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("client_id", sa.String(length=26), nullable=False),
        sa.Column("client_secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("grant_types", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("token_endpoint_auth_method", sa.String(length=32), nullable=False),
        sa.Column("client_name", sa.String(length=128), nullable=True),
        sa.Column("redirect_uris", postgresql.ARRAY(sa.String(length=512)), nullable=False),
        sa.Column("workspace_id", sa.String(length=26), nullable=True),
        sa.Column("registration_key_id", sa.String(length=26), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("ephemeral", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_key_id"],
            ["registration_key.id"],
            name=op.f("fk_instance_registration_key_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_instance_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint("client_id", name=op.f("uq_instance_client_id")),
    )
    op.create_index(
        "ix_instance_unclaimed",
        "instance",
        ["registered_at"],
        unique=False,
        postgresql_where="workspace_id IS NULL",
    )
    op.create_index(op.f("ix_instance_workspace_id"), "instance", ["workspace_id"], unique=False)
    op.create_table(
        "device_grant",
        sa.Column("device_code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("instance_id", sa.String(length=26), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=True),
        sa.Column("granted_scopes", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("requested_from", postgresql.INET(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("last_polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'denied', 'redeemed')", name=op.f("ck_device_grant_state")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_device_grant_instance_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_device_grant_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_code_hash", name=op.f("pk_device_grant")),
        sa.UniqueConstraint("user_code_hash", name=op.f("uq_device_grant_user_code_hash")),
    )
    op.create_index(op.f("ix_device_grant_expires_at"), "device_grant", ["expires_at"], unique=False)
    op.create_index(op.f("ix_device_grant_instance_id"), "device_grant", ["instance_id"], unique=False)
    op.create_index(op.f("ix_device_grant_user_id"), "device_grant", ["user_id"], unique=False)
    op.create_table(
        "interaction",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("instance_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=True),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_interaction_instance_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_interaction_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
    )
    op.create_index(op.f("ix_interaction_at"), "interaction", ["at"], unique=False)
    op.create_index("ix_interaction_instance_id_at", "interaction", ["instance_id", "at"], unique=False)
    op.create_index(op.f("ix_interaction_user_id"), "interaction", ["user_id"], unique=False)
    op.create_table(
        "interaction_clock",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("instance_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=True),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["instance.id"],
            name=op.f("fk_interaction_clock_instance_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_interaction_clock_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction_clock")),
        sa.UniqueConstraint(
            "instance_id",
            "user_id",
            "operation",
            name="uq_interaction_clock_subject",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_interaction_clock_user_id"), "interaction_clock", ["user_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("instance_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("workspace_id", sa.String(length=26), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_session_instance_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_session_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_session_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_expires_at"), "session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_session_instance_id"), "session", ["instance_id"], unique=False)
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"], unique=False)
    op.create_index(op.f("ix_session_workspace_id"), "session", ["workspace_id"], unique=False)
    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("instance_id", sa.String(length=26), nullable=False),
        sa.Column("session_id", sa.String(length=26), nullable=True),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_access_token_instance_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_access_token_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_token")),
    )
    op.create_index(op.f("ix_access_token_expires_at"), "access_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_access_token_instance_id"), "access_token", ["instance_id"], unique=False)
    op.create_index(op.f("ix_access_token_session_id"), "access_token", ["session_id"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.String(length=26), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor_hash", sa.LargeBinary(), nullable=True),
        sa.Column("successor_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_refresh_token_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_token")),
    )
    op.create_index(op.f("ix_refresh_token_expires_at"), "refresh_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_refresh_token_session_id"), "refresh_token", ["session_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_refresh_token_session_id"), table_name="refresh_token")
    op.drop_index(op.f("ix_refresh_token_expires_at"), table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index(op.f("ix_access_token_session_id"), table_name="access_token")
    op.drop_index(op.f("ix_access_token_instance_id"), table_name="access_token")
    op.drop_index(op.f("ix_access_token_expires_at"), table_name="access_token")
    op.drop_table("access_token")
    op.drop_index(op.f("ix_session_workspace_id"), table_name="session")
    op.drop_index(op.f("ix_session_user_id"), table_name="session")
    op.drop_index(op.f("ix_session_instance_id"), table_name="session")
    op.drop_index(op.f("ix_session_expires_at"), table_name="session")
    op.drop_table("session")
    op.drop_index(op.f("ix_interaction_clock_user_id"), table_name="interaction_clock")
    op.drop_table("interaction_clock")
    op.drop_index(op.f("ix_interaction_user_id"), table_name="interaction")
    op.drop_index("ix_interaction_instance_id_at", table_name="interaction")
    op.drop_index(op.f("ix_interaction_at"), table_name="interaction")
    op.drop_table("interaction")
    op.drop_index(op.f("ix_device_grant_user_id"), table_name="device_grant")
    op.drop_index(op.f("ix_device_grant_instance_id"), table_name="device_grant")
    op.drop_index(op.f("ix_device_grant_expires_at"), table_name="device_grant")
    op.drop_table("device_grant")
    op.drop_index(op.f("ix_instance_workspace_id"), table_name="instance")
    op.drop_index("ix_instance_unclaimed", table_name="instance", postgresql_where="workspace_id IS NULL")
    op.drop_table("instance")
    op.drop_index(op.f("ix_workspace_member_user_id"), table_name="workspace_member")
    op.drop_table("workspace_member")
    op.drop_index(op.f("ix_registration_key_workspace_id"), table_name="registration_key")
    op.drop_table("registration_key")
    op.drop_index(op.f("ix_workspace_owner_id"), table_name="workspace")
    op.drop_table("workspace")
    op.drop_index(op.f("ix_personal_access_token_user_id"), table_name="personal_access_token")
    op.drop_table("personal_access_token")
    op.drop_table("release_link")
    op.drop_table("plan_entitlement")
    op.drop_table("account")
    op.drop_index(op.f("ix_release_released_at"), table_name="release")
    op.drop_table("release")
    op.drop_table("plan")
    op.drop_table("package")
    op.drop_index(op.f("ix_attempt_window_started_at"), table_name="attempt")
    op.drop_table("attempt")
