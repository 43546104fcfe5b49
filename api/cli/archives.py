"""Where the archives of packages lie on the operator's disk, and that nothing outside of that place is
read.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from handlers.store.importing import ArchiveUnreadable

MOST_BYTES = 1024 * 1024 * 1024


class ArchiveDirectory:
    """A directory of archives. A package names its archive by a path in it, or by the URL where clients get
    it: then the file has the URL's last name. `told` says that the operator named the directory.
    """

    def __init__(self, directory: Path, *, told: bool) -> None:
        self._directory = directory.resolve()
        self._advice = "" if told else "; pass --archives DIR with the directory that holds the archives"

    def read(self, archive: str) -> bytes:
        """The archive's bytes. Raises ArchiveUnreadable, also for what lies outside, links followed."""
        try:
            path = (self._directory / _name(archive)).resolve()
            if not path.is_relative_to(self._directory):
                raise ArchiveUnreadable("its archive lies outside the directory of archives")
            if not path.is_file():
                raise ArchiveUnreadable(f"its archive {path} is not there{self._advice}")
            if path.stat().st_size > MOST_BYTES:
                raise ArchiveUnreadable("its archive is larger than 1 GiB")
            return path.read_bytes()
        except (OSError, RuntimeError) as failure:  # RuntimeError: links that lead in a circle
            reason = (getattr(failure, "strerror", None) or "its links lead in a circle").lower()
            raise ArchiveUnreadable(f"its archive cannot be read ({reason}){self._advice}") from None


def _name(archive: str) -> str:
    if not archive.lower().startswith(("https://", "http://")):
        return archive
    try:
        name = PurePosixPath(unquote(urlsplit(archive).path)).name
    except ValueError:
        name = ""
    if not name:
        raise ArchiveUnreadable("its archive's URL names no file")
    return name
