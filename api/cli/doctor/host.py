"""The host: who may get at the data directory, and whether there is room on its disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from api.cli.doctor.finding import Finding, State
from api.gateways.mail.files import DIRECTORY
from persistence.embedded.layout import ADMINISTRATOR, APPLICATION, Layout

_MIB = 1024 * 1024
FREE_LEAST = 256 * _MIB  # below it, PostgreSQL's next log segments may not fit
FREE_ENOUGH = 2048 * _MIB


def disk(data_dir: Path) -> Finding:
    """Room on the disk of the data directory, or of the first directory above it that exists."""
    try:
        place = data_dir
        while not place.exists() and place != place.parent:
            place = place.parent
        free = shutil.disk_usage(place).free
    except OSError as failure:
        return Finding("disk", "fail", f"{data_dir} cannot be looked at ({failure.strerror}).")
    state: State = "fail" if free < FREE_LEAST else "warn" if free < FREE_ENOUGH else "ok"
    return Finding("disk", state, f"{free // _MIB} MiB are free where {data_dir} is.")


def permissions(data_dir: Path) -> Finding:
    """Whether anyone but the directory's owner could read a secret or put something in its place."""
    if not data_dir.exists():
        return Finding(
            "permissions", "ok", f"{data_dir} does not exist yet; it will be made for its owner only."
        )
    complaints = list(_complaints(Layout(data_dir)))
    if complaints:
        return Finding("permissions", "fail", " ".join(complaints))
    return Finding("permissions", "ok", f"Only its owner can get at the secrets in {data_dir}.")


def _complaints(layout: Layout) -> Iterator[str]:
    if layout.data_dir.stat().st_mode & stat.S_IWOTH:
        yield f"Everyone may write into {layout.data_dir}; run: chmod o-w {layout.data_dir}."
    if not os.access(layout.data_dir, os.R_OK | os.W_OK | os.X_OK):
        yield f"This user may not use {layout.data_dir}; run the command as its owner."
        return
    yield from _too_open({layout.data_dir / DIRECTORY: "700"})
    if not layout.root.exists():
        return
    if layout.root.stat().st_mode & 0o077:
        yield f"Others than its owner may enter {layout.root}; run: chmod 700 {layout.root}."
    if not os.access(layout.root, os.R_OK | os.W_OK | os.X_OK):
        yield f"This user may not use {layout.root}; run the command as its owner."
        return
    yield from _too_open(
        {
            layout.password_file(APPLICATION): "600",
            layout.password_file(ADMINISTRATOR): "600",
            layout.sockets: "700",
            layout.cluster: "700",
        }
    )


def _too_open(private: Mapping[Path, str]) -> Iterator[str]:
    for path, mode in private.items():
        if path.exists() and path.stat().st_mode & 0o077:
            yield f"Others than its owner may use {path}; run: chmod {mode} {path}."
