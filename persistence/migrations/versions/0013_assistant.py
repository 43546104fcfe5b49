"""The assistant: models and their providers, the ledger of credits, and what each call took."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_MONTHLY = 500_000
_PLANS_WITH_CREDITS = ("individual", "team", "enterprise")
_PROVIDERS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "moonshot": "https://api.moonshot.ai/v1",
    "local": None,
    "demo": None,
}
_BEGUN = datetime(2026, 11, 26, tzinfo=UTC)
_MODELS = (
    ("smollm2-135m-instruct", "SmolLM2 135M (small, on this server)", "local", 2048, 512),
    ("demo", "Demo (canned answers, no language model)", "demo", 2048, 256),
)
_TABLES = (
    "assistant_key",
    "assistant_call",
    "credit_hold",
    "credit_lot",
    "credit_entry",
    "credit_transaction",
    "credit_wallet",
    "model",
    "provider_key",
    "provider",
)


def upgrade() -> None:
    """Apply."""
    _plans()
    _models()
    _books()
    _calls()


def _plans() -> None:
    op.add_column("plan", sa.Column("monthly_credits", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_plan_monthly_credits"), "plan", "monthly_credits >= 0")
    plan = sa.table("plan", sa.column("name", sa.String), sa.column("monthly_credits", sa.BigInteger))
    op.execute(plan.update().where(plan.c.name.in_(_PLANS_WITH_CREDITS)).values(monthly_credits=_MONTHLY))


def _models() -> None:
    provider = op.create_table(
        "provider",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("base_url", sa.String(256), nullable=True),
        _moment("created_at"),
        _primary("provider", "name"),
    )
    op.create_table(
        "provider_key",
        _provider_column(),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        _moment("set_at"),
        sa.ForeignKeyConstraint(
            ["provider"], ["provider.name"], name=op.f("fk_provider_key_provider"), ondelete="CASCADE"
        ),
        _primary("provider_key", "provider"),
    )
    model = op.create_table(
        "model",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        _provider_column(),
        sa.Column("upstream", sa.String(128), nullable=False),
        _whole("token_credit"),
        sa.Column("context", sa.Integer(), nullable=False),
        sa.Column("max_output", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("disabled_at", nullable=True),
        sa.CheckConstraint("token_credit >= 0", name=op.f("ck_model_token_credit")),
        sa.CheckConstraint("max_output > 0 AND context > max_output", name=op.f("ck_model_tokens")),
        sa.ForeignKeyConstraint(["provider"], ["provider.name"], name=op.f("fk_model_provider")),
        _primary("model", "id"),
    )
    op.bulk_insert(
        provider,
        [{"name": name, "base_url": url, "created_at": _BEGUN} for name, url in _PROVIDERS.items()],
    )
    op.bulk_insert(
        model,
        [
            {
                "id": id,
                "name": name,
                "provider": provider_name,
                "upstream": id,
                "token_credit": 1,
                "context": context,
                "max_output": max_output,
                "created_at": _BEGUN,
            }
            for id, name, provider_name, context, max_output in _MODELS
        ],
    )


def _books() -> None:
    op.create_table(
        "credit_wallet",
        _account(),
        _whole("posted"),
        _whole("held"),
        sa.Column("open_holds", sa.Integer(), nullable=False),
        sa.Column("granted_for", sa.String(7), nullable=True),
        _moment("next_expiry", nullable=True),
        _moment("updated_at"),
        sa.CheckConstraint(
            "held >= 0 AND posted >= held AND open_holds >= 0", name=op.f("ck_credit_wallet_covered")
        ),
        *_owned("credit_wallet", "user_id"),
    )
    op.create_table(
        "credit_transaction",
        _ulid("id"),
        _account(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        _moment("created_at"),
        sa.CheckConstraint(
            "kind IN ('grant', 'purchase', 'spend', 'expire', 'refund')",
            name=op.f("ck_credit_transaction_kind"),
        ),
        *_owned("credit_transaction", "id"),
        sa.UniqueConstraint("key", name=op.f("uq_credit_transaction_key")),
    )
    op.create_table(
        "credit_entry",
        _ulid("transaction_id"),
        sa.Column("account", sa.String(16), nullable=False),
        _whole("amount"),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_credit_entry_amount")),
        sa.CheckConstraint(
            "account IN ('user', 'issued', 'spent', 'expired', 'absorbed', 'refunded')",
            name=op.f("ck_credit_entry_account"),
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["credit_transaction.id"],
            name=op.f("fk_credit_entry_transaction_id"),
            ondelete="CASCADE",
        ),
        _primary("credit_entry", "transaction_id", "account"),
    )
    op.create_table(
        "credit_lot",
        _ulid("id"),
        _account(),
        sa.Column("source", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        _whole("amount"),
        _whole("remaining"),
        _moment("expires_at", nullable=True),
        _moment("created_at"),
        sa.CheckConstraint("kind IN ('granted', 'paid')", name=op.f("ck_credit_lot_kind")),
        sa.CheckConstraint(
            "amount > 0 AND remaining BETWEEN 0 AND amount", name=op.f("ck_credit_lot_remaining")
        ),
        *_owned("credit_lot", "id"),
        sa.UniqueConstraint("source", name=op.f("uq_credit_lot_source")),
    )
    op.create_table(
        "credit_hold",
        _ulid("id"),
        _account(),
        sa.Column("model", sa.String(64), nullable=False),
        _whole("token_credit"),
        _whole("amount"),
        _moment("created_at"),
        _moment("expires_at"),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_credit_hold_amount")),
        *_owned("credit_hold", "id"),
    )
    op.create_index(
        "ix_credit_wallet_next_expiry",
        "credit_wallet",
        ["next_expiry"],
        postgresql_where=sa.text("next_expiry IS NOT NULL"),
    )
    op.create_index("ix_credit_transaction_user_id_id", "credit_transaction", ["user_id", "id"])
    op.create_index(
        "ix_credit_lot_user_id_remaining",
        "credit_lot",
        ["user_id"],
        postgresql_where=sa.text("remaining > 0"),
    )
    op.create_index(op.f("ix_credit_hold_user_id"), "credit_hold", ["user_id"])
    op.create_index(op.f("ix_credit_hold_expires_at"), "credit_hold", ["expires_at"])


def _calls() -> None:
    op.create_table(
        "assistant_call",
        _ulid("id"),
        _account(),
        sa.Column("model", sa.String(64), nullable=False),
        *(
            _whole(name)
            for name in ("token_credit", "prompt_tokens", "completion_tokens", "credits", "absorbed")
        ),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        _whole("latency_ms"),
        sa.Column("error_code", sa.String(32), nullable=True),
        _moment("created_at"),
        sa.CheckConstraint(
            "prompt_tokens >= 0 AND completion_tokens >= 0 AND credits >= 0 AND absorbed >= 0",
            name=op.f("ck_assistant_call_counts"),
        ),
        *_owned("assistant_call", "id"),
    )
    op.create_table(
        "assistant_key",
        _account(),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        _ulid("call_id"),
        _moment("created_at"),
        *_owned("assistant_key", "user_id", "key_hash"),
    )
    op.create_index(op.f("ix_assistant_call_created_at"), "assistant_call", ["created_at"])
    op.create_index("ix_assistant_call_user_id_created_at", "assistant_call", ["user_id", "created_at"])
    op.create_index(op.f("ix_assistant_key_created_at"), "assistant_key", ["created_at"])


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        op.drop_table(table)
    op.drop_constraint(op.f("ck_plan_monthly_credits"), "plan")
    op.drop_column("plan", "monthly_credits")


def _ulid(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(26), nullable=False)


def _account() -> sa.Column[str]:
    return _ulid("user_id")


def _provider_column() -> sa.Column[str]:
    return sa.Column("provider", sa.String(32), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _owned(table: str, *primary: str) -> tuple[sa.ForeignKeyConstraint, sa.PrimaryKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"
        ),
        _primary(table, *primary),
    )
