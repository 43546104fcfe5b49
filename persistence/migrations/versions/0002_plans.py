"""The plans that every cloud starts with, and what each switches on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_PLANS = {
    "basic": (),
    "individual": ("feature:assistant", "feature:unlimited_projects"),
    "team": ("feature:assistant", "feature:unlimited_projects", "feature:shared_workspaces"),
    "enterprise": (
        "feature:assistant",
        "feature:unlimited_projects",
        "feature:shared_workspaces",
        "feature:audit_log",
    ),
}


def upgrade() -> None:
    """Apply."""
    plan = sa.table("plan", sa.column("name", sa.String))
    entitlement = sa.table(
        "plan_entitlement", sa.column("plan", sa.String), sa.column("entitlement", sa.String)
    )
    op.bulk_insert(plan, [{"name": name} for name in _PLANS])
    op.bulk_insert(
        entitlement,
        [{"plan": name, "entitlement": each} for name, features in _PLANS.items() for each in features],
    )


def downgrade() -> None:
    """Undo."""
    op.execute("DELETE FROM plan")
