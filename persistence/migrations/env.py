"""What Alembic runs for each command: it binds the tables' metadata to the connection that the runner opened.

There is no offline mode and no alembic.ini: ``persistence.migrations.runner`` is the only caller.
"""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString

from persistence.tables import metadata


def plain_strings(kind: str, thing: object, _: AutogenContext) -> str | Literal[False]:
    """SQLModel's string type is an ordinary VARCHAR in the database, and is written as one in revisions."""
    if kind == "type" and isinstance(thing, AutoString):
        return f"sa.String(length={thing.length})" if thing.length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=plain_strings,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
