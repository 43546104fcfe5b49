"""Migrating in a process of its own: a server is not to hold for its whole life what it needs once.

Alembic and what it loads are a tenth of what a worker would hold. `python -m persistence.migrating`
reads the database's URL from standard input, so that no password stands in the list of processes, tells its
progress on standard error and, when it refuses, its sentence on standard output.
"""

import gc
import subprocess
import sys

from persistence.migration_refusals import MigrationRefused


def migrate_in_own_process(url: str) -> None:
    """Bring the database to this program's revision, as `persistence.migrations.migrate` does.

    Raises MigrationRefused with one sentence; nothing is changed then.
    """
    done = subprocess.run(
        [sys.executable, "-m", "persistence.migrating"],
        input=url,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MigrationRefused(done.stdout.strip() or "The migration of the database was cut short.")


def _main() -> int:
    gc.disable()  # nearly all that is made in this process is loaded, and stays until its end
    from persistence.migrations import migrate

    try:
        migrate(sys.stdin.read(), report=lambda progress: print(f"candor: {progress}", file=sys.stderr))  # noqa: T201
    except MigrationRefused as refusal:
        print(refusal)  # noqa: T201 (the answer to the process that asked)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
