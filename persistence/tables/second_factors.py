"""What a person signs in with besides the password: a TOTP secret, recovery codes, passkeys; and what is
under way: setups that are not confirmed, sign-ins whose password was right.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from persistence.tables.columns import (
    digest,
    moment,
    octets,
    reference,
    sealed_under_key,
    text,
    texts,
    ulid,
    whole,
)


class Totp(SQLModel, table=True):
    """A person's TOTP secret (RFC 6238). `last_step` is the step of the last code that was taken: it and
    those before it are used up.
    """

    user_id: str = Field(sa_column=reference("account.id", primary_key=True))
    secret_sealed: bytes = Field(sa_column=sealed_under_key())
    last_step: int = Field(sa_column=whole(big=True))
    confirmed_at: datetime = Field(sa_column=moment())


class TotpSetup(SQLModel, table=True):
    """A TOTP secret that was shown and that no code has confirmed yet."""

    __tablename__ = "totp_setup"
    user_id: str = Field(sa_column=reference("account.id", primary_key=True))
    secret_sealed: bytes = Field(sa_column=sealed_under_key())
    created_at: datetime = Field(sa_column=moment(index=True))


class RecoveryCode(SQLModel, table=True):
    """One of the codes that each open the account once, by its digest."""

    __tablename__ = "recovery_code"
    code_hash: bytes = Field(sa_column=digest(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id", index=True))
    created_at: datetime = Field(sa_column=moment())
    used_at: datetime | None = Field(sa_column=moment(nullable=True))


class Passkey(SQLModel, table=True):
    """A WebAuthn credential: its public key (COSE) and how often its authenticator says it was used."""

    id: str = Field(sa_column=ulid(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id", index=True))
    credential_id: str = Field(sa_column=text(1364, unique=True))
    public_key: bytes = Field(sa_column=octets())
    sign_count: int = Field(sa_column=whole(big=True))
    transports: list[str] = Field(sa_column=texts(16))
    name: str = Field(sa_column=text(128))
    created_at: datetime = Field(sa_column=moment())
    last_used_at: datetime | None = Field(sa_column=moment(nullable=True))


class PasskeySetup(SQLModel, table=True):
    """The challenge that the next passkey of a person must answer."""

    __tablename__ = "passkey_setup"
    user_id: str = Field(sa_column=reference("account.id", primary_key=True))
    challenge: str = Field(sa_column=text(64))
    created_at: datetime = Field(sa_column=moment(index=True))


class SignInTicket(SQLModel, table=True):
    """A sign-in whose password was right and whose second factor is to come. `password_digest` is that of the
    stored hash that was verified, so that it ends with the password.
    """

    __tablename__ = "sign_in_ticket"
    ticket_hash: bytes = Field(sa_column=digest(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id", index=True))
    password_digest: bytes = Field(sa_column=digest())
    challenge: str = Field(sa_column=text(64))
    attempts: int = Field(sa_column=whole())
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))
