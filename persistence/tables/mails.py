"""The outbox: mails that wait to be sent, and for a few days what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from persistence.tables.columns import moment, text, ulid, whole


class Mail(SQLModel, table=True):
    """A mail of one kind to one address about the row `subject_id`. Nothing of its text is kept.

    It moves from queued to sending, which is final before its last byte is sent, and from there to sent, back
    to queued (refused: to be tried again), failed or unknown. `due_at` is when a queued one is tried next,
    and when a sending one, whose server must have died, counts as unknown.
    """

    id: str = Field(sa_column=ulid(primary_key=True))
    kind: str = Field(sa_column=text(32))
    to_address: str = Field(sa_column=text(254))
    subject_id: str = Field(sa_column=ulid())
    state: str = Field(sa_column=text(16))
    attempts: int = Field(sa_column=whole())
    created_at: datetime = Field(sa_column=moment(index=True))
    due_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(sa_column=moment(nullable=True))

    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sending', 'sent', 'failed', 'unknown')", name="state"),
        Index("ix_mail_due", "due_at", postgresql_where="state IN ('queued', 'sending')"),
    )
