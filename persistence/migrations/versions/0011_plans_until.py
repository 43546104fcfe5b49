"""A plan may be granted until a moment."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("account", sa.Column("plan_until", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_account_plan_until"), "account", "plan <> 'basic' OR plan_until IS NULL"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_constraint(op.f("ck_account_plan_until"), "account")
    op.drop_column("account", "plan_until")
