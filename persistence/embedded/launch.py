"""Running PostgreSQL's programs as the server's user (``unprivileged``) with an environment that is ours
alone."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from persistence.embedded import unprivileged
from persistence.embedded.identity import ServerUser

_ENVIRONMENT: Final = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
"""Nothing of the caller's: PGDATA, PGPORT, LD_LIBRARY_PATH and secrets stay out of the server."""


def run(
    program: Sequence[str | Path], user: ServerUser | None, *, text_input: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; its output is captured."""
    return subprocess.run(  # noqa: S603 - our own script and binaries
        _command(program, user),
        env=_ENVIRONMENT,
        input=text_input or "",
        capture_output=True,
        text=True,
        check=False,
    )


def run_detached(
    program: Sequence[str | Path], user: ServerUser | None, *, output: IO[bytes], keep_open: int
) -> None:
    """Start a program that outlives us, in a session of its own. It inherits the handle ``keep_open``."""
    subprocess.run(  # noqa: S603 - our own script and binaries
        _command(program, user, "--detach"),
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(keep_open,),
        check=True,
    )


def _command(program: Sequence[str | Path], user: ServerUser | None, *options: str) -> list[str]:
    become = ["--user", f"{user.uid}:{user.gid}"] if user is not None else []
    script = str(Path(unprivileged.__file__).resolve())
    return [sys.executable, "-IS", script, *options, *become, "--", *map(str, program)]
