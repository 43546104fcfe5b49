"""The history of the tables, and how a database is brought to the program's version of it.

Alembic revisions lie in ``versions/``, numbered. ``migrate`` applies what is missing when a server starts,
one process at a time; ``create`` writes the next revision from the difference between the tables and a
database.
"""

from persistence.migration_refusals import (
    DatabaseForeign,
    DatabaseNewer,
    DatabaseUnreachable,
    MigrationRefused,
)
from persistence.migrations.runner import check, create, current, head, migrate

__all__ = [
    "DatabaseForeign",
    "DatabaseNewer",
    "DatabaseUnreachable",
    "MigrationRefused",
    "check",
    "create",
    "current",
    "head",
    "migrate",
]
