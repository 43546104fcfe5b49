"""Installed copies of the tool, each an OAuth client, and the keys that register them into a workspace at
once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, Index
from sqlmodel import Field, SQLModel

from persistence.tables.columns import digest, moment, reference, text, texts, ulid, whole


class RegistrationKey(SQLModel, table=True):
    """A credential that claims the instances registering with it. `max_uses` is null for a reusable key."""

    __tablename__ = "registration_key"
    id: str = Field(sa_column=ulid(primary_key=True))
    key_hash: bytes = Field(sa_column=digest(unique=True))
    hint: str = Field(sa_column=text(16))
    workspace_id: str = Field(sa_column=reference("workspace.id"))
    created_by: str | None = Field(sa_column=reference("account.id", nullable=True, on_delete="SET NULL"))
    description: str = Field(sa_column=text(256))
    name_prefix: str = Field(sa_column=text(64))
    ephemeral: bool = Field(sa_column=Column(Boolean, nullable=False))
    max_uses: int | None = Field(sa_column=whole(nullable=True))
    uses: int = Field(sa_column=whole())
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime | None = Field(sa_column=moment(nullable=True))
    last_used_at: datetime | None = Field(sa_column=moment(nullable=True))
    revoked_at: datetime | None = Field(sa_column=moment(nullable=True))

    __table_args__ = (Index("ix_registration_key_workspace_id_id", "workspace_id", "id"),)


class Instance(SQLModel, table=True):
    """One installed copy. Unclaimed while `workspace_id` is null: nobody can sign in to it."""

    id: str = Field(sa_column=ulid(primary_key=True))
    client_id: str = Field(sa_column=text(26, unique=True))
    client_secret_hash: bytes = Field(sa_column=digest())
    scopes: list[str] = Field(sa_column=texts(64))
    grant_types: list[str] = Field(sa_column=texts(64))
    token_endpoint_auth_method: str = Field(sa_column=text(32))
    client_name: str | None = Field(sa_column=text(128, nullable=True))
    redirect_uris: list[str] = Field(sa_column=texts(512))
    workspace_id: str | None = Field(sa_column=reference("workspace.id", nullable=True))
    registration_key_id: str | None = Field(
        sa_column=reference("registration_key.id", nullable=True, on_delete="SET NULL")
    )
    name: str | None = Field(sa_column=text(128, nullable=True))
    ephemeral: bool = Field(sa_column=Column(Boolean, nullable=False))
    registered_at: datetime = Field(sa_column=moment())
    claimed_at: datetime | None = Field(sa_column=moment(nullable=True))

    __table_args__ = (
        Index("ix_instance_workspace_id_id", "workspace_id", "id"),
        Index("ix_instance_unclaimed", "registered_at", postgresql_where="workspace_id IS NULL"),
    )
