"""`provider-key …`: the keys under which providers are asked. They are read, sealed, and never shown."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.failures import Refused
from api.cli.listing import listed
from api.cli.outcome import Outcome
from api.gateways import key_file
from api.gateways.sealing import FileSealing
from handlers.providers import keys

app = group("The keys under which providers are asked.")

_MOST_BYTES = 4_096
_Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="Whose key it is.")]
_File = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Where the key is read from; default: standard input. Never typed as an option."
    ),
]


@store_command(app, "set")
async def set_key(desk: Desk, *, provider: _Provider, file: _File = None) -> Outcome:
    """Keep a provider's first key, encrypted."""
    await _put(desk, provider, file, rotates=False)
    return Outcome({"provider": provider}, f"{provider} is asked under this key from now on.")


@store_command(app, "rotate")
async def rotate(desk: Desk, *, provider: _Provider, file: _File = None) -> Outcome:
    """Keep a key in place of the one before, which is not used any more."""
    await _put(desk, provider, file, rotates=True)
    return Outcome({"provider": provider}, f"{provider} is asked under the new key from now on.")


@store_command(app, "list")
async def list_keys(desk: Desk) -> Outcome:
    """Say which providers have a key, and how many days old it is."""
    ages = await keys.ages(store=desk.store, now=desk.now)
    rows = [{"provider": each.provider, "days": each.days, "set_at": each.set_at} for each in ages]
    return listed(rows, name="provider_keys", columns=("provider", "days", "set_at"))


async def _put(desk: Desk, provider: str, file: Path | None, *, rotates: bool) -> None:
    """Raises Refused, and what `keys.put` raises."""
    try:
        await keys.put(
            _read(file),
            provider=provider,
            rotates=rotates,
            store=desk.store,
            sealing=FileSealing(desk.settings.key_path),
            now=desk.now,
        )
    except key_file.UnusableKeyFile as failure:
        raise Refused(f"{failure} The first start of scripts/serve makes it.") from None


def _read(file: Path | None) -> str:
    """The key, without the line's end. Raises Refused."""
    try:
        if file is None and sys.stdin.isatty():
            raw = getpass("The provider's key: ").encode(errors="replace")
        elif file is None:
            raw = sys.stdin.buffer.read(_MOST_BYTES)
        else:
            with file.open("rb") as opened:
                raw = opened.read(_MOST_BYTES)
    except OSError as failure:
        raise Refused(f"The key cannot be read ({failure.strerror}).") from None
    return raw.decode("ascii", errors="replace").strip()
