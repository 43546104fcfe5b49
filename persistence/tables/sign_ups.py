"""How accounts come about and change: sign-ups whose address is not verified yet, the links that were mailed,
and what was seen when an account signed up.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from persistence.tables.columns import address, digest, moment, reference, text, ulid


class SignUp(SQLModel, table=True):
    """Somebody who wants an account and has not shown yet that the e-mail address is theirs. Several may wait
    under one address, of which the one whose link is followed gets the account.
    """

    __tablename__ = "sign_up"
    id: str = Field(sa_column=ulid(primary_key=True))
    username: str = Field(sa_column=text(64, unique=True))
    email: str = Field(sa_column=text(254))
    name: str = Field(sa_column=text(128))
    password_hash: str = Field(sa_column=text(256))
    ip: str | None = Field(sa_column=address(nullable=True))
    user_agent: str | None = Field(sa_column=text(512, nullable=True))
    fingerprint: str = Field(sa_column=text(64))
    created_at: datetime = Field(sa_column=moment(index=True))
    expires_at: datetime = Field(sa_column=moment())

    __table_args__ = (Index("ix_sign_up_email", "email"),)


class AccountToken(SQLModel, table=True):
    """A link that works once, by the digest of its secret: what it is for, and whose it is.

    `verify_email` belongs to a sign-up, `password_reset` to an account, `email_change` to an account and the
    address that it is to have. `first_account` is the operator's; there is one at most.
    """

    __tablename__ = "account_token"
    token_hash: bytes = Field(sa_column=digest(primary_key=True))
    kind: str = Field(sa_column=text(16))
    sign_up_id: str | None = Field(sa_column=reference("sign_up.id", nullable=True, index=True))
    user_id: str | None = Field(sa_column=reference("account.id", nullable=True, index=True))
    email: str | None = Field(sa_column=text(254, nullable=True))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))

    __table_args__ = (
        CheckConstraint(
            "kind IN ('verify_email', 'password_reset', 'email_change', 'first_account')", name="kind"
        ),
        CheckConstraint(
            "(kind = 'verify_email') = (sign_up_id IS NOT NULL)"
            " AND (kind IN ('password_reset', 'email_change')) = (user_id IS NOT NULL)"
            " AND (kind = 'email_change') = (email IS NOT NULL)",
            name="belongs",
        ),
        Index(
            "uq_account_token_first_account",
            "kind",
            unique=True,
            postgresql_where="kind = 'first_account'",
        ),
    )


class Registration(SQLModel, table=True):
    """From where an account was signed up, and with what kind of browser, as its own headers say."""

    id: str = Field(sa_column=ulid(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id", index=True))
    ip: str | None = Field(sa_column=address(nullable=True))
    user_agent: str | None = Field(sa_column=text(512, nullable=True))
    fingerprint: str = Field(sa_column=text(64))
    at: datetime = Field(sa_column=moment(index=True))
