"""What is recorded of use: interactions under their declared cadence, and counters that stop guessing and
flooding.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from persistence.tables.columns import address, moment, reference, text, ulid, whole


class Interaction(SQLModel, table=True):
    """One recorded call: which operation, when, from which address. Nothing else of it is kept."""

    id: str = Field(sa_column=ulid(primary_key=True))
    instance_id: str = Field(sa_column=reference("instance.id"))
    user_id: str | None = Field(sa_column=reference("account.id", nullable=True, index=True))
    operation: str = Field(sa_column=text(64))
    ip: str | None = Field(sa_column=address(nullable=True))
    at: datetime = Field(sa_column=moment(index=True))

    __table_args__ = (Index("ix_interaction_instance_id_at", "instance_id", "at"),)


class InteractionClock(SQLModel, table=True):
    """When an operation was last recorded for an instance and person: one row decides whether a call is
    due.
    """

    __tablename__ = "interaction_clock"
    id: str = Field(sa_column=ulid(primary_key=True))
    instance_id: str = Field(sa_column=reference("instance.id"))
    user_id: str | None = Field(sa_column=reference("account.id", nullable=True, index=True))
    operation: str = Field(sa_column=text(64))
    at: datetime = Field(sa_column=moment(index=True))

    __table_args__ = (
        UniqueConstraint(
            "instance_id",
            "user_id",
            "operation",
            name="uq_interaction_clock_subject",
            postgresql_nulls_not_distinct=True,
        ),
    )


class Attempt(SQLModel, table=True):
    """How often an account or an address prefix did a limited thing within the current window."""

    kind: str = Field(sa_column=text(32, primary_key=True))
    subject: str = Field(sa_column=text(64, primary_key=True))
    window_started_at: datetime = Field(sa_column=moment(index=True))
    count: int = Field(sa_column=whole())
