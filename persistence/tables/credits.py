"""Credits: what was given, held and spent, as a double-entry ledger, and what was made from it.

Transactions and their entries are only ever added, and the entries of each sum to zero. A wallet is a cache
that can be rebuilt from them, and so is what remains of a lot. Amounts are whole credits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from persistence.tables.columns import moment, reference, text, ulid, whole


class CreditWallet(SQLModel, table=True):
    """What a person has: `posted` is the balance, `held` what calls under way have set aside of it, in
    `open_holds` pieces. `granted_for` is the month (`2027-01`, UTC) whose credits the plan has given,
    `next_expiry` when the first of the remaining lots is over.
    """

    __tablename__ = "credit_wallet"
    user_id: str = Field(sa_column=reference("account.id", primary_key=True))
    posted: int = Field(sa_column=whole(big=True))
    held: int = Field(sa_column=whole(big=True))
    open_holds: int = Field(sa_column=whole())
    granted_for: str | None = Field(sa_column=text(7, nullable=True))
    next_expiry: datetime | None = Field(sa_column=moment(nullable=True))
    updated_at: datetime = Field(sa_column=moment())

    __table_args__ = (
        CheckConstraint("held >= 0 AND posted >= held AND open_holds >= 0", name="covered"),
        Index(
            "ix_credit_wallet_next_expiry",
            "next_expiry",
            postgresql_where=sql("next_expiry IS NOT NULL"),
        ),
    )


class CreditTransaction(SQLModel, table=True):
    """One thing that happened to a person's credits. By its `key` it happens once: `plan:ACCOUNT:2027-01`,
    `expire:LOT`, `call:CALL`.
    """

    __tablename__ = "credit_transaction"
    id: str = Field(sa_column=ulid(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id"))
    kind: str = Field(sa_column=text(16))
    key: str = Field(sa_column=text(128, unique=True))
    created_at: datetime = Field(sa_column=moment())

    __table_args__ = (
        CheckConstraint("kind IN ('grant', 'purchase', 'spend', 'expire', 'refund')", name="kind"),
        Index("ix_credit_transaction_user_id_id", "user_id", "id"),
    )


class CreditEntry(SQLModel, table=True):
    """What a transaction does to one account of the books: the person's own (`user`), or one of the house's,
    from which credits come (`issued`) and to which they go (`spent`, `expired`, `absorbed`, `refunded`).
    """

    __tablename__ = "credit_entry"
    transaction_id: str = Field(sa_column=reference("credit_transaction.id", primary_key=True))
    account: str = Field(sa_column=text(16, primary_key=True))
    amount: int = Field(sa_column=whole(big=True))

    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint(
            "account IN ('user', 'issued', 'spent', 'expired', 'absorbed', 'refunded')", name="account"
        ),
    )


class CreditLot(SQLModel, table=True):
    """Credits that came together and expire together, `remaining` of `amount`. `source` is the key of the
    transaction that brought them; what was `paid` for is burned after what was `granted`.
    """

    __tablename__ = "credit_lot"
    id: str = Field(sa_column=ulid(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id", index=True))
    source: str = Field(sa_column=text(128, unique=True))
    kind: str = Field(sa_column=text(8))
    amount: int = Field(sa_column=whole(big=True))
    remaining: int = Field(sa_column=whole(big=True))
    expires_at: datetime | None = Field(sa_column=moment(nullable=True))
    created_at: datetime = Field(sa_column=moment())

    __table_args__ = (
        CheckConstraint("kind IN ('granted', 'paid')", name="kind"),
        CheckConstraint("amount > 0 AND remaining BETWEEN 0 AND amount", name="remaining"),
    )


class CreditHold(SQLModel, table=True):
    """Credits set aside for a call of the assistant that is under way; `id` is the call's. One that is past
    `expires_at` belongs to a server that died, and is given back.
    """

    __tablename__ = "credit_hold"
    id: str = Field(sa_column=ulid(primary_key=True))
    user_id: str = Field(sa_column=reference("account.id", index=True))
    model: str = Field(sa_column=text(64))
    token_credit: int = Field(sa_column=whole(big=True))
    amount: int = Field(sa_column=whole(big=True))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment(index=True))

    __table_args__ = (CheckConstraint("amount >= 0", name="amount"),)
