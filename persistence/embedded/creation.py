"""The making of a cluster: initdb, the application's role, its database; complete or not there at all.

Everything happens in a sibling directory that takes the cluster's name at the end. What an interrupted
attempt left behind is thrown away by the next one. Roles and databases are made by PostgreSQL's single-user
mode, before any connection is possible.
"""

import re
import secrets
import shutil
from collections.abc import Callable
from typing import Final

from persistence.embedded.binaries import Binaries
from persistence.embedded.errors import EmbeddedPostgresError
from persistence.embedded.identity import ServerUser, ensure_directory
from persistence.embedded.launch import run
from persistence.embedded.layout import ADMINISTRATOR, APPLICATION, Layout, sync_directory

# One statement a line: single-user mode sends each line on its own.
_FIRST_STATEMENTS: Final = """\
CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '{password}'
CREATE DATABASE {role} OWNER {role} TEMPLATE template0
REVOKE ALL ON DATABASE {role}, postgres, template1 FROM PUBLIC
"""


def create_cluster(
    layout: Layout,
    binaries: Binaries,
    user: ServerUser | None,
    *,
    durable: bool,
    report: Callable[[str], None],
) -> None:
    """Make ``layout.cluster``. Raises EmbeddedPostgresError with PostgreSQL's own reason when that fails."""
    report(f"creating the database (PostgreSQL {binaries.version}) in {layout.root}")
    draft = layout.unfinished_cluster
    if draft.exists():
        shutil.rmtree(draft)
    password = {role: _password(layout, role) for role in (ADMINISTRATOR, APPLICATION)}
    ensure_directory(draft, user)
    _run_or_explain(
        [
            binaries.initdb,
            f"--pgdata={draft}",
            f"--username={ADMINISTRATOR}",
            f"--pwfile={layout.password_file(ADMINISTRATOR)}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ],
        user,
    )
    _run_or_explain(
        [
            *(binaries.postgres, "--single", "-D", draft),
            *(
                "-c",
                "exit_on_error=on",
                "-c",
                "log_min_error_statement=panic",
                "-c",
                "log_error_verbosity=terse",
            ),
            *("-c", f"fsync={'on' if durable else 'off'}", "postgres"),
        ],
        user,
        text_input=_FIRST_STATEMENTS.format(role=APPLICATION, password=password[APPLICATION]),
    )
    draft.rename(layout.cluster)
    if durable:
        sync_directory(layout.root)


def _password(layout: Layout, role: str) -> str:
    """A new random password (256 bits) for ``role``, kept in its file."""
    password = secrets.token_urlsafe(32)
    layout.write(layout.password_file(role), password, lasting=True)
    return password


def _run_or_explain(program: list[object], user: ServerUser | None, text_input: str | None = None) -> None:
    done = run([str(part) for part in program], user, text_input=text_input)
    if done.returncode != 0:
        raise EmbeddedPostgresError(f"PostgreSQL's database cannot be created: {failure_line(done.stderr)}.")


def failure_line(*outputs: str) -> str:
    """The last line of PostgreSQL's output that says what went wrong, without its prefix; of the first output
    that holds one."""
    for output in outputs:
        reasons = re.findall(r"(?:PANIC|FATAL|ERROR|error): +(.*)", output)
        if reasons:
            return str(reasons[-1]).strip().rstrip(".")
    return "it gives no reason"
