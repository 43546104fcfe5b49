"""The assistant: which models there are, whose they are, under which keys; what each call took; and which
calls came with a key that lets them be repeated safely. Nothing here holds what was said.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from persistence.tables.columns import digest, moment, reference, sealed_under_key, text, ulid, whole


class Provider(SQLModel, table=True):
    """Whoever runs models: an endpoint that speaks OpenAI's protocol, or one of the server's own (`local`,
    `demo`), which has no address here.
    """

    name: str = Field(sa_column=text(32, primary_key=True))
    base_url: str | None = Field(sa_column=text(256, nullable=True))
    created_at: datetime = Field(sa_column=moment())


class ProviderKey(SQLModel, table=True):
    """The secret with which the server calls a provider."""

    __tablename__ = "provider_key"
    provider: str = Field(foreign_key="provider.name", primary_key=True, max_length=32, ondelete="CASCADE")
    key_sealed: bytes = Field(sa_column=sealed_under_key())
    set_at: datetime = Field(sa_column=moment())


class Model(SQLModel, table=True):
    """A model that people may choose. One token costs `token_credit` credits; `context` and `max_output` are
    in tokens; the provider calls it `upstream`.
    """

    id: str = Field(sa_column=text(64, primary_key=True))
    name: str = Field(sa_column=text(128))
    provider: str = Field(foreign_key="provider.name", max_length=32, nullable=False)
    upstream: str = Field(sa_column=text(128))
    token_credit: int = Field(sa_column=whole(big=True))
    context: int = Field(sa_column=whole())
    max_output: int = Field(sa_column=whole())
    created_at: datetime = Field(sa_column=moment())
    disabled_at: datetime | None = Field(sa_column=moment(nullable=True))

    __table_args__ = (
        CheckConstraint("token_credit >= 0", name="token_credit"),
        CheckConstraint("max_output > 0 AND context > max_output", name="tokens"),
    )


class AssistantCall(SQLModel, table=True):
    """What a call of the assistant took. `absorbed` credits were used beyond what was held for it, at the
    house's expense; `estimated` says that the provider never said how many tokens it were.
    """

    __tablename__ = "assistant_call"
    id: str = Field(sa_column=ulid(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id"))
    model: str = Field(sa_column=text(64))
    token_credit: int = Field(sa_column=whole(big=True))
    prompt_tokens: int = Field(sa_column=whole(big=True))
    completion_tokens: int = Field(sa_column=whole(big=True))
    credits: int = Field(sa_column=whole(big=True))
    absorbed: int = Field(sa_column=whole(big=True))
    estimated: bool
    latency_ms: int = Field(sa_column=whole(big=True))
    error_code: str | None = Field(sa_column=text(32, nullable=True))
    created_at: datetime = Field(sa_column=moment(index=True))

    __table_args__ = (
        CheckConstraint(
            "prompt_tokens >= 0 AND completion_tokens >= 0 AND credits >= 0 AND absorbed >= 0", name="counts"
        ),
        Index("ix_assistant_call_user_id_created_at", "user_id", "created_at"),
    )


class AssistantKey(SQLModel, table=True):
    """That a person's `Idempotency-Key` was used, for which call, and by a keyed fingerprint for which
    request.
    """

    __tablename__ = "assistant_key"
    user_id: str = Field(sa_column=reference("account.id", primary_key=True))
    key_hash: bytes = Field(sa_column=digest(primary_key=True))
    fingerprint: bytes = Field(sa_column=digest())
    call_id: str = Field(sa_column=ulid())
    created_at: datetime = Field(sa_column=moment(index=True))
