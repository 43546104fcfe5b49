"""``python -m persistence.migrations "what changes"``: write the next revision from what the tables say now.

It is compared with a database that holds all revisions so far: a fresh one, in an embedded server that exists
only for the moment, so no database of anyone's is read or touched.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from persistence.embedded import EmbeddedPostgres, EmbeddedPostgresError
from persistence.migrations import MigrationRefused, create, migrate


def main() -> int:
    """The exit code: 0 when the revision was written, 1 after a sentence that says why not."""
    parser = argparse.ArgumentParser(prog="scripts/migration", description="Write the next migration.")
    parser.add_argument("message", help="what it does, in a few words; becomes part of the file's name")
    message = parser.parse_args().message
    try:
        with tempfile.TemporaryDirectory(prefix="candor-migration-") as directory:
            server = EmbeddedPostgres(Path(directory), extra_settings={"fsync": "off"})
            try:
                url = server.start(_say)
                migrate(url, report=_say)
                written = create(message, url)
            finally:
                server.stop(_say)
    except (MigrationRefused, EmbeddedPostgresError) as refusal:
        _say(str(refusal))
        return 1
    sys.stdout.write(f"{written}\n")
    return 0


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    sys.exit(main())
