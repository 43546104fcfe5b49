"""Makes the repository's virtual environment what a locked list of packages says, then runs a command in it.

Standard library only: this is what runs before anything is installed. A stamp inside .venv names the lists
that it holds, by digest, so that the next start costs a comparison; a list that changed is installed again;
and an environment without a stamp, because its making was interrupted, is made anew. Two starts at once take
turns.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "candor-installed.json"
PYTHON = VENV / "bin" / "python"
KINDS = ("runtime", "development")
ELSEWHERE = {"PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}


class SetupFailed(Exception):
    """The environment could not be made. The text is one sentence."""


def main(arguments: list[str]) -> None:
    """`environment.py KIND [COMMAND...]`: with no command, only make the environment ready."""
    if not arguments or arguments[0] not in KINDS:
        sys.exit(f"environment.py wants {' or '.join(KINDS)}, then a command.")
    kind, command = arguments[0], arguments[1:]
    try:
        if not is_ready(kind):
            make_ready(kind)
    except SetupFailed as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the next start makes the environment again.")
    if command:
        run(command)


def run(command: list[str]) -> None:
    """Become the command, run by the environment's Python.

    The repository is on its path and the caller's working directory is not: a directory of the caller's that
    happens to be called `api` must not be taken for ours.
    """
    variables = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    variables.pop("PYTHONHOME", None)
    os.execve(PYTHON, [str(PYTHON), *command], variables)


def is_ready(kind: str) -> bool:
    """Whether the environment holds the list as it is now."""
    return PYTHON.exists() and installed().get(kind) == digest(kind)


def installed() -> dict[str, str]:
    """The digests of the lists that the environment holds, by kind; empty if its making was not finished."""
    try:
        content = json.loads(STAMP.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def digest(kind: str) -> str:
    """What stands for a list in the stamp."""
    return hashlib.sha256(locked(kind).read_bytes()).hexdigest()


def locked(kind: str) -> Path:
    """The file with the locked list."""
    return ROOT / "scripts" / "requirements" / f"{kind}.txt"


def make_ready(kind: str) -> None:
    """Install the list, while no other start does. Raises SetupFailed."""
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another start to finish the environment")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready(kind):
            install(kind)


def install(kind: str) -> None:
    """Make the environment if there is no finished one, and bring its packages to the list."""
    uv = shutil.which("uv")
    before = installed() if PYTHON.exists() else {}
    # The development list holds the runtime list with the same pins; one that is installed stays installed.
    wanted = "development" if "development" in before else kind
    STAMP.unlink(missing_ok=True)
    if not before:
        create(uv)
    count = sum("==" in line for line in locked(wanted).read_text().splitlines())
    say(f"installing {count} packages with {'uv' if uv else 'pip'} (a minute or two the first time)")
    if uv:
        command = [uv, "pip", "install", "--python", str(PYTHON), "--compile-bytecode"]
    else:
        command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # Wheels only: building from source would fetch build tools that no hash covers.
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(locked(wanted))]
    do(command, "The packages could not be installed; what the installer said is above.")
    holds = KINDS if wanted == "development" else (wanted,)
    STAMP.write_text(json.dumps({each: digest(each) for each in holds}))


def create(uv: str | None) -> None:
    """Make an empty environment with the Python that runs this."""
    say(f"making a virtual environment in {VENV}")
    failure = "The virtual environment could not be made; the reason is above."
    if uv:
        do([uv, "venv", "--clear", "--no-project", "--quiet", "--python", sys.executable, str(VENV)], failure)
        return
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        raise SetupFailed(
            f"{sys.executable} comes without the venv module: install it "
            "(Debian and Ubuntu: apt-get install python3-venv), or put uv on the PATH."
        )
    do([sys.executable, "-m", "venv", "--clear", str(VENV)], failure)


def do(command: list[str], failure: str) -> None:
    """Run an installer, its output on standard error, whatever it is configured to install elsewhere."""
    variables = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    try:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2, env=variables).returncode
    except OSError as reason:
        raise SetupFailed(f"{command[0]} could not be run: {reason.strerror}.") from None
    if code != 0:
        raise SetupFailed(failure)


def say(progress: str) -> None:
    """Tell the person who waits."""
    print(f"candor: {progress}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
