"""People signed in to the pages of this server: the browser's sign-in, and the pairs of tokens that it went
through.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from persistence.tables.columns import address, digest, moment, reference, sealed, text, ulid


class SignIn(SQLModel, table=True):
    """A browser that a person signed in with: the family of every token that came from one password."""

    __tablename__ = "sign_in"
    id: str = Field(sa_column=ulid(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id", index=True))
    ip: str | None = Field(sa_column=address(nullable=True))
    browser: str = Field(sa_column=text(32))
    platform: str = Field(sa_column=text(32))
    created_at: datetime = Field(sa_column=moment())
    refreshed_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))
    revoked_at: datetime | None = Field(sa_column=moment(nullable=True))


class SignInToken(SQLModel, table=True):
    """A refresh token, used once, and the access token that came with it. Its successors are kept sealed
    under the token itself, for retries within the grace window.
    """

    __tablename__ = "sign_in_token"
    refresh_hash: bytes = Field(sa_column=digest(primary_key=True))
    access_hash: bytes = Field(sa_column=digest(unique=True))
    sign_in_id: str = Field(sa_column=reference("sign_in.id", index=True))
    created_at: datetime = Field(sa_column=moment())
    access_expires_at: datetime = Field(sa_column=moment())
    refresh_expires_at: datetime = Field(sa_column=moment(index=True))
    consumed_at: datetime | None = Field(sa_column=moment(nullable=True))
    successor_hash: bytes | None = Field(sa_column=digest(nullable=True))
    successor_sealed: bytes | None = Field(sa_column=sealed())
