"""`release …`: versions of the tool that the cloud tells instances about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.failures import Refused
from api.cli.outcome import Outcome
from handlers.releases import publishing

app = group("Releases of the tool.")


@store_command(app, "publish")
async def publish(
    desk: Desk,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="A Release, as in the contract.")],
) -> Outcome:
    """Publish a release, or publish it again with other links. The newest released_at is the latest."""
    from api.cli.files import json_file, mismatch

    release = json_file(file)
    difference = mismatch(release, "Release")
    if difference is not None:
        raise Refused(f"Nothing was published: {file} is no Release of the contract at {difference}.")
    await publishing.publish(release, store=desk.store, now=desk.now)
    links = len(release["links"])
    return Outcome(
        {"id": release["id"], "version": release["version"], "links": links},
        f"Published the release {release['version']}; links: {links}.",
    )
