"""People: accounts, the plans they are on, the workspaces that instances belong to, and personal access
tokens.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from persistence.tables.columns import digest, moment, reference, text, ulid, whole

_DAY_S = 86_400


class Plan(SQLModel, table=True):
    """What an account can be on: `basic`, `individual`, `team`, `enterprise`. It gives `monthly_credits`."""

    name: str = Field(sa_column=text(32, primary_key=True))
    monthly_credits: int = Field(sa_column=whole(big=True, default=0))

    __table_args__ = (CheckConstraint("monthly_credits >= 0", name="monthly_credits"),)


class PlanEntitlement(SQLModel, table=True):
    """One feature that a plan switches on, such as `feature:assistant`."""

    __tablename__ = "plan_entitlement"
    plan: str = Field(foreign_key="plan.name", primary_key=True, max_length=32, ondelete="CASCADE")
    entitlement: str = Field(sa_column=text(64, primary_key=True))


class Account(SQLModel, table=True):
    """A person. `password_hash` is argon2id, absent while no password is set. A plan with `plan_until` is
    over then, and `basic` takes its place (persistence.plans).
    """

    id: str = Field(sa_column=ulid(primary_key=True))
    username: str = Field(sa_column=text(64, unique=True))
    email: str = Field(sa_column=text(254, unique=True))
    name: str = Field(sa_column=text(128))
    password_hash: str | None = Field(sa_column=text(256, nullable=True))
    plan: str = Field(foreign_key="plan.name", max_length=32, nullable=False)
    plan_until: datetime | None = Field(sa_column=moment(nullable=True))
    email_verified_at: datetime | None = Field(sa_column=moment(nullable=True))
    disabled_at: datetime | None = Field(sa_column=moment(nullable=True))
    created_at: datetime = Field(sa_column=moment())
    updated_at: datetime = Field(sa_column=moment())

    __table_args__ = (CheckConstraint("plan <> 'basic' OR plan_until IS NULL", name="plan_until"),)


class Workspace(SQLModel, table=True):
    """What instances belong to. `generation` counts every change of who may do what in it. Its instances are
    called stale, and later archived, when nothing was recorded of them for so many seconds.
    """

    id: str = Field(sa_column=ulid(primary_key=True))
    name: str = Field(sa_column=text(128))
    owner_id: str = Field(sa_column=reference("account.id", index=True))
    generation: int = Field(sa_column=whole(big=True))
    stale_after_s: int = Field(sa_column=whole(default=14 * _DAY_S))
    archive_after_s: int = Field(sa_column=whole(default=60 * _DAY_S))
    created_at: datetime = Field(sa_column=moment())
    updated_at: datetime = Field(sa_column=moment())

    __table_args__ = (CheckConstraint("stale_after_s < archive_after_s", name="silence"),)


class WorkspaceMember(SQLModel, table=True):
    """That an account may use the instances of a workspace."""

    __tablename__ = "workspace_member"
    workspace_id: str = Field(sa_column=reference("workspace.id", primary_key=True))
    user_id: str = Field(sa_column=reference("account.id", primary_key=True))
    created_at: datetime = Field(sa_column=moment())

    __table_args__ = (Index("ix_workspace_member_user_id_workspace_id", "user_id", "workspace_id"),)


class PersonalAccessToken(SQLModel, table=True):
    """A person's credential for scripts, looked up by the digest of its secret."""

    __tablename__ = "personal_access_token"
    token_hash: bytes = Field(sa_column=digest(primary_key=True))
    id: str = Field(sa_column=text(26, unique=True))
    user_id: str = Field(sa_column=reference("account.id"))
    name: str = Field(sa_column=text(128))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime | None = Field(sa_column=moment(nullable=True))
    revoked_at: datetime | None = Field(sa_column=moment(nullable=True))

    __table_args__ = (Index("ix_personal_access_token_user_id_id", "user_id", "id"),)
