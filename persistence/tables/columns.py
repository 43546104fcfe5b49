"""The kinds of column that the tables are made of, and the naming of their constraints, so that migrations
are reproducible.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Integer, LargeBinary, MetaData, String
from sqlalchemy.dialects.postgresql import ARRAY, INET
from sqlmodel import SQLModel

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

ULID_LENGTH = 26
SEALED = "sealed under a key of the key file"  # what such a column's `info` says


def ulid(*, primary_key: bool = False, nullable: bool = False) -> Any:
    """A ULID as 26 characters."""
    return Column(String(ULID_LENGTH), primary_key=primary_key, nullable=nullable)


def reference(
    target: str,
    *,
    nullable: bool = False,
    on_delete: str = "CASCADE",
    primary_key: bool = False,
    index: bool = False,
) -> Any:
    """A ULID that names a row of another table (`table.column`)."""
    return Column(
        String(ULID_LENGTH),
        ForeignKey(target, ondelete=on_delete),
        nullable=nullable,
        primary_key=primary_key,
        index=index,
    )


def text(length: int, *, nullable: bool = False, primary_key: bool = False, unique: bool = False) -> Any:
    """Characters, bounded by the database too."""
    return Column(String(length), nullable=nullable, primary_key=primary_key, unique=unique)


def texts(length: int) -> Any:
    """A list of short strings; the order is not meaningful."""
    return Column(ARRAY(String(length)), nullable=False)


def moment(*, nullable: bool = False, index: bool = False) -> Any:
    """A point in time, with its zone."""
    return Column(DateTime(timezone=True), nullable=nullable, index=index)


def digest(*, primary_key: bool = False, nullable: bool = False, unique: bool = False) -> Any:
    """SHA-256 of a secret: 32 bytes. The secret itself is never stored."""
    return Column(LargeBinary, primary_key=primary_key, nullable=nullable, unique=unique)


def octets(*, nullable: bool = False) -> Any:
    """Bytes that are no secret."""
    return Column(LargeBinary, nullable=nullable)


def sealed() -> Any:
    """Bytes encrypted under a secret that the server does not keep."""
    return Column(LargeBinary, nullable=True)


def sealed_under_key(*, nullable: bool = False) -> Any:
    """Bytes encrypted under a key of the key file, which lies outside of the database."""
    return Column(LargeBinary, nullable=nullable, info={SEALED: True})


def whole(*, big: bool = False, nullable: bool = False, default: int | None = None) -> Any:
    """A whole number, 32 bits or 64. The database puts `default` where nothing is said."""
    return Column(
        BigInteger if big else Integer,
        nullable=nullable,
        server_default=None if default is None else str(default),
    )


def address(*, nullable: bool = False) -> Any:
    """An IP address."""
    return Column(INET, nullable=nullable)
