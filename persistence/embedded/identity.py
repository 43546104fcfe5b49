"""Which operating-system user the server runs as.

An ordinary user's server runs as that user. PostgreSQL refuses root, so root's server runs as an ordinary
user that exists already: the one who owns the cluster or the data directory, otherwise ``nobody``. No user is
created.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from persistence.embedded.errors import EmbeddedPostgresError
from persistence.embedded.layout import Layout
from persistence.embedded.unprivileged import traversal_right

_FALLBACK: Final = "nobody"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user to become."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Hand ``path`` to this user; a symbolic link is not followed."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server_user(layout: Layout) -> ServerUser | None:
    """The user to become for the server, or None to stay who we are.

    Raises EmbeddedPostgresError when we are root and cannot hand the server to anyone.
    """
    if os.geteuid() != 0:
        return None
    if traversal_right() is None:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, and this system does not let root run it as another user"
            " (CAP_DAC_READ_SEARCH is missing); start Candor as an ordinary user."
        )
    for path in (layout.cluster, layout.root):
        if path.exists() and (owner := path.stat()).st_uid != 0:
            return ServerUser(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam(_FALLBACK)
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and there is no user {_FALLBACK} to run it as;"
            " start Candor as an ordinary user."
        ) from None
    return ServerUser(nobody.pw_uid, nobody.pw_gid)


def ensure_directory(path: Path, user: ServerUser | None) -> None:
    """``path`` as a directory, 0700, of the server's user."""
    path.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        user.own(path)
    elif stat.S_IMODE(path.stat().st_mode) != 0o700:
        path.chmod(0o700)
