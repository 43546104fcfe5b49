"""An index by which clocks that are past their retention are found."""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f("ix_interaction_clock_at"), "interaction_clock", ["at"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_interaction_clock_at"), table_name="interaction_clock")
