"""A person's lots are found by an index, also those that are empty: they go with the account."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply. Without what remains in the index, burning some of it need not touch the index at all."""
    op.create_index(op.f("ix_credit_lot_user_id"), "credit_lot", ["user_id"])
    op.drop_index("ix_credit_lot_user_id_remaining", table_name="credit_lot")


def downgrade() -> None:
    """Undo."""
    op.create_index(
        "ix_credit_lot_user_id_remaining",
        "credit_lot",
        ["user_id"],
        postgresql_where=sa.text("remaining > 0"),
    )
    op.drop_index(op.f("ix_credit_lot_user_id"), table_name="credit_lot")
