"""What the operator publishes: releases of the tool and packages of the plugin store. No personal data of
users.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from persistence.tables.columns import moment, text, whole


class Release(SQLModel, table=True):
    """A published version of the tool."""

    id: str = Field(sa_column=text(64, primary_key=True))
    version: str = Field(sa_column=text(64, unique=True))
    released_at: datetime = Field(sa_column=moment(index=True))
    published_at: datetime = Field(sa_column=moment())


class ReleaseLink(SQLModel, table=True):
    """One download of a release, in the order in which it was published."""

    __tablename__ = "release_link"
    release_id: str = Field(foreign_key="release.id", primary_key=True, max_length=64, ondelete="CASCADE")
    position: int = Field(primary_key=True)
    arch: str = Field(sa_column=text(32))
    display: str = Field(sa_column=text(128))
    format: str | None = Field(sa_column=text(32, nullable=True))
    hash: str | None = Field(sa_column=text(256, nullable=True))
    kind: str = Field(sa_column=text(32))
    link: str = Field(sa_column=text(2048))
    os: str = Field(sa_column=text(32))
    platform: str = Field(sa_column=text(64))


class Package(SQLModel, table=True):
    """One plugin of the store, its archive's signature verified at import."""

    id: str = Field(sa_column=text(128, primary_key=True))
    archive: str = Field(sa_column=text(2048))
    author_name: str | None = Field(sa_column=text(128, nullable=True))
    author_email: str | None = Field(sa_column=text(254, nullable=True))
    author_url: str | None = Field(sa_column=text(2048, nullable=True))
    changelog: str | None = Field(sa_column=Column(Text, nullable=True))
    description: str | None = Field(sa_column=text(4096, nullable=True))
    downloads: int = Field(sa_column=whole(big=True))
    kind: str = Field(sa_column=text(16))
    license: str = Field(sa_column=text(128))
    name: str | None = Field(sa_column=text(128, nullable=True))
    public_key: str = Field(sa_column=text(256))
    quality: str = Field(sa_column=text(16))
    readme: str | None = Field(sa_column=Column(Text, nullable=True))
    repository: str = Field(sa_column=text(2048))
    signature: str = Field(sa_column=text(256))
    version: str = Field(sa_column=text(64))
    imported_at: datetime = Field(sa_column=moment())
