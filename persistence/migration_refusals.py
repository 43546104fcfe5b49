"""Why a database is not migrated. In each case nothing in it was changed.

They stand outside of `persistence.migrations`, which loads Alembic: whoever tells a person of a failure knows
them.
"""


class MigrationRefused(Exception):
    """The message is one clear sentence for the person who started the program."""


class DatabaseUnreachable(MigrationRefused):
    """No connection: wrong address, wrong password, nothing running there."""


class DatabaseNewer(MigrationRefused):
    """A later version of the program has already migrated this database."""


class DatabaseForeign(MigrationRefused):
    """The database holds tables but no history of ours: it belongs to something else."""
