"""What lets an instance act: device authorizations, people's sessions, and the tokens that belong to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from persistence.tables.columns import address, digest, moment, reference, sealed, text, texts, ulid, whole


class DeviceGrant(SQLModel, table=True):
    """A device authorization request (RFC 8628). Its state only ever moves pending -> approved -> redeemed,
    or pending -> denied.
    """

    __tablename__ = "device_grant"
    device_code_hash: bytes = Field(sa_column=digest(primary_key=True))
    user_code_hash: bytes = Field(sa_column=digest(unique=True))
    instance_id: str = Field(sa_column=reference("instance.id", index=True))
    scopes: list[str] = Field(sa_column=texts(64))
    state: str = Field(sa_column=text(16))
    user_id: str | None = Field(sa_column=reference("account.id", nullable=True, index=True))
    granted_scopes: list[str] = Field(sa_column=texts(64))
    requested_from: str | None = Field(sa_column=address(nullable=True))
    interval_s: int = Field(sa_column=whole())
    last_polled_at: datetime | None = Field(sa_column=moment(nullable=True))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'approved', 'denied', 'redeemed')", name="state"),
    )


class AuthorizationRequest(SQLModel, table=True):
    """A request of the authorization code flow (RFC 6749 section 4.1). Its state only ever moves pending ->
    approved -> redeemed, or pending -> denied; approved, it has a code, and its end is the code's.
    """

    __tablename__ = "authorization_request"
    handle_hash: bytes = Field(sa_column=digest(primary_key=True))
    instance_id: str = Field(sa_column=reference("instance.id", index=True))
    redirect_uri: str = Field(sa_column=text(1024))
    scopes: list[str] = Field(sa_column=texts(64))
    client_state: str | None = Field(sa_column=text(1024, nullable=True))
    code_challenge: bytes = Field(sa_column=digest())
    state: str = Field(sa_column=text(16))
    user_id: str | None = Field(sa_column=reference("account.id", nullable=True, index=True))
    granted_scopes: list[str] = Field(sa_column=texts(64))
    code_hash: bytes | None = Field(sa_column=digest(nullable=True, unique=True))
    session_id: str | None = Field(sa_column=reference("session.id", nullable=True, index=True))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'approved', 'denied', 'redeemed')", name="state"),
    )


class Session(SQLModel, table=True):
    """A person signed in to an instance: the family of every token that came from one approval."""

    id: str = Field(sa_column=ulid(primary_key=True))
    instance_id: str = Field(sa_column=reference("instance.id"))
    user_id: str = Field(sa_column=reference("account.id", index=True))
    workspace_id: str = Field(sa_column=reference("workspace.id", index=True))
    scopes: list[str] = Field(sa_column=texts(64))
    generation: int = Field(sa_column=whole(big=True))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))
    revoked_at: datetime | None = Field(sa_column=moment(nullable=True))

    __table_args__ = (Index("ix_session_instance_id_id", "instance_id", "id"),)


class AccessToken(SQLModel, table=True):
    """A bearer token by the digest of its secret. Without a session it is the instance's own."""

    __tablename__ = "access_token"
    token_hash: bytes = Field(sa_column=digest(primary_key=True))
    instance_id: str = Field(sa_column=reference("instance.id", index=True))
    session_id: str | None = Field(sa_column=reference("session.id", nullable=True, index=True))
    scopes: list[str] = Field(sa_column=texts(64))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))
    revoked_at: datetime | None = Field(sa_column=moment(nullable=True))


class RefreshToken(SQLModel, table=True):
    """A single-use refresh token. Its successor's secrets are kept sealed under the token itself, for
    retries within the grace window.
    """

    __tablename__ = "refresh_token"
    token_hash: bytes = Field(sa_column=digest(primary_key=True))
    session_id: str = Field(sa_column=reference("session.id", index=True))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))
    consumed_at: datetime | None = Field(sa_column=moment(nullable=True))
    successor_hash: bytes | None = Field(sa_column=digest(nullable=True))
    successor_sealed: bytes | None = Field(sa_column=sealed())
