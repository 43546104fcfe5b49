"""Makes the repository's virtual environment hold a locked list of packages.

Standard library only: this is what runs before anything is installed. A copy of the list inside .venv,
written last, says what it holds: while it equals the list of the repository there is nothing to do. A list
that changed is installed again; an environment without a copy, because its making was interrupted, is made
anew. Two starts at once take turns.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
KINDS = ("runtime", "development")
BESIDE = ("local-model",)
ELSEWHERE = {"PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}


class SetupFailed(Exception):
    """The environment could not be made. The text is one sentence."""


def main(arguments: list[str]) -> None:
    """`environment.py KIND`: make the environment hold that list."""
    if len(arguments) != 1 or arguments[0] not in KINDS + BESIDE:
        sys.exit(f"environment.py wants {' or '.join(KINDS + BESIDE)}.")
    try:
        make_ready(arguments[0])
    except SetupFailed as failure:
        sys.exit(str(failure))
    except OSError as failure:
        sys.exit(f"The environment in {VENV} could not be made: {failure.strerror}.")
    except KeyboardInterrupt:
        sys.exit("Interrupted; the next start makes the environment again.")


def holds(kind: str) -> bool:
    """Whether the environment holds the list as it is now."""
    try:
        return PYTHON.exists() and copy(kind).read_bytes() == locked(kind).read_bytes()
    except OSError:
        return False


def locked(kind: str) -> Path:
    """The file with the locked list."""
    return ROOT / "scripts" / "requirements" / f"{kind}.txt"


def copy(kind: str) -> Path:
    """Where the environment keeps the list that was installed."""
    return VENV / f"candor-{kind}.txt"


def make_ready(kind: str) -> None:
    """Install the list, while no other start does. Raises SetupFailed."""
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another start to finish the environment")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if kind in BESIDE and not any(holds(each) for each in KINDS):
            install(KINDS[0])
        if kind in BESIDE and not holds(kind):
            add(kind)
        if kind in KINDS and not holds(kind):
            install(kind)


def install(kind: str) -> None:
    """Make the environment if there is no finished one, and bring its packages to the list."""
    uv = shutil.which("uv")
    before = [each for each in KINDS if PYTHON.exists() and copy(each).exists()]
    if not uv and not (VENV / "bin" / "pip").exists():
        before = []  # made by uv, which is not there any more
    # The development list holds the runtime list with the same pins; one that is installed stays installed.
    wanted = "development" if "development" in before else kind
    for each in before:
        copy(each).unlink()
    if not before:
        create(uv)
    bring(wanted, uv)
    for each in KINDS if wanted == "development" else (wanted,):
        shutil.copyfile(locked(each), copy(each))


def add(kind: str) -> None:
    """Bring a list that comes beside the others into an environment that holds one of them."""
    copy(kind).unlink(missing_ok=True)
    uv = shutil.which("uv")
    if not uv and not (VENV / "bin" / "pip").exists():
        raise SetupFailed(f"The environment in {VENV} was made by uv, which is not on the PATH any more.")
    bring(kind, uv)
    shutil.copyfile(locked(kind), copy(kind))


def bring(kind: str, uv: str | None) -> None:
    """Run the installer on a list. Raises SetupFailed."""
    count = sum("==" in line for line in locked(kind).read_text().splitlines())
    say(f"installing {count} packages with {'uv' if uv else 'pip'} (a minute or two the first time)")
    if uv:
        command = [uv, "pip", "install", "--python", str(PYTHON), "--compile-bytecode"]
    else:
        command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # Wheels only: building from source would fetch build tools that no hash covers.
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(locked(kind))]
    do(command, "The packages could not be installed; what the installer said is above.")


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
