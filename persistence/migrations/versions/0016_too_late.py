"""too late."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op


revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.drop_index(op.f('ix_credit_lot_user_id'), table_name='credit_lot')
    op.create_index('ix_credit_lot_user_id_remaining', 'credit_lot', ['user_id'], unique=False, postgresql_where=sa.text('remaining > 0'))


def downgrade() -> None:
    """Undo."""
    op.drop_index('ix_credit_lot_user_id_remaining', table_name='credit_lot', postgresql_where=sa.text('remaining > 0'))
    op.create_index(op.f('ix_credit_lot_user_id'), 'credit_lot', ['user_id'], unique=False)
