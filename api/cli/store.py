"""`store …`: the packages of the plugin store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.failures import Refused
from api.cli.outcome import Outcome
from handlers.store import importing

app = group("The plugin store.")


@store_command(app, "import")
async def import_packages(
    desk: Desk,
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.json",
            help='A PackagePayload of the contract, a list of them, or {"packages": [...]}.',
        ),
    ],
    archives: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the archives are (default: beside FILE.json).")
    ] = None,
) -> Outcome:
    """Import packages whose signatures fit their archives: all of the file, or nothing of it."""
    from api.cli.archives import ArchiveDirectory
    from api.cli.files import json_file

    if archives is not None and not archives.is_dir():
        raise Refused(f"{archives} is not a directory.")
    packages = _packages(json_file(file), file)
    directory = ArchiveDirectory(archives or file.parent, told=archives is not None)
    await importing.import_packages(packages, archives=directory, store=desk.store, now=desk.now)
    ids = [package["id"] for package in packages]
    return Outcome({"imported": len(ids), "ids": ids}, f"Imported packages: {len(ids)}.")


def _packages(content: Any, file: Path) -> list[dict[str, Any]]:
    """The entries of a file, each held against the contract. Raises Refused, EntryRefused."""
    from api.cli.files import mismatch

    entries = content.get("packages", [content]) if isinstance(content, dict) else content
    if not isinstance(entries, list) or not entries:
        raise Refused(f"Nothing was imported: {file} holds no packages.")
    for number, package in enumerate(entries, start=1):
        difference = mismatch(package, "PackagePayload")
        if difference is not None:
            package_id = package.get("id") if isinstance(package, dict) else None
            raise importing.EntryRefused(
                number, package_id, f"it is no PackagePayload of the contract at {difference}"
            )
    return entries
