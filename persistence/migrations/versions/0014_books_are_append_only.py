"""What is in the books stays as it was written: transactions and entries refuse to be changed."""

from collections.abc import Sequence

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_TABLES = ("credit_transaction", "credit_entry")


def upgrade() -> None:
    """Apply. They go with the account that they belong to, and only then."""
    op.execute(
        "CREATE FUNCTION books_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'What is in the books is not changed: % refuses %.', TG_TABLE_NAME, TG_OP"
        " USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION books_are_append_only()"
        )


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute("DROP FUNCTION books_are_append_only()")
