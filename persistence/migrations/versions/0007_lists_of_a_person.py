"""What people look through page by page has an index in the order of the pages; a workspace says how long its
instances may be silent.

An index of the owner alone would do for few rows. Where an owner has many, the planner would rather walk the
ids of everybody and leave out what is not the owner's.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_PAGES = (
    ("instance", "workspace_id", "id"),
    ("personal_access_token", "user_id", "id"),
    ("registration_key", "workspace_id", "id"),
    ("session", "instance_id", "id"),
    ("workspace_member", "user_id", "workspace_id"),
)
_SILENCES = {"stale_after_s": "1209600", "archive_after_s": "5184000"}


def upgrade() -> None:
    """Apply."""
    for column, default in _SILENCES.items():
        op.add_column("workspace", sa.Column(column, sa.Integer(), nullable=False, server_default=default))
    op.create_check_constraint(op.f("ck_workspace_silence"), "workspace", "stale_after_s < archive_after_s")
    for table, owner, order in _PAGES:
        op.create_index(f"ix_{table}_{owner}_{order}", table, [owner, order])
        op.drop_index(f"ix_{table}_{owner}", table)


def downgrade() -> None:
    """Undo."""
    for table, owner, order in _PAGES:
        op.create_index(f"ix_{table}_{owner}", table, [owner])
        op.drop_index(f"ix_{table}_{owner}_{order}", table)
    op.drop_constraint(op.f("ck_workspace_silence"), "workspace")
    for column in _SILENCES:
        op.drop_column("workspace", column)
