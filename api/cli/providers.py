"""`provider …`: whoever runs language models."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.listing import listed
from api.cli.outcome import Outcome
from api.settings_values import service_url
from handlers.providers import endpoints
from persistence import providers

app = group("Whoever runs language models.")


@store_command(app, "add")
async def add(
    desk: Desk,
    *,
    name: Annotated[str, typer.Option(metavar="P", help="What models and keys name it by.")],
    base_url: Annotated[
        str,
        typer.Option(metavar="URL", help="Where it speaks OpenAI's protocol, as in https://…/v1."),
    ],
) -> Outcome:
    """Add a provider. Where it is stays: another address is another provider."""
    url = service_url("--base-url", base_url)
    await endpoints.add(name, base_url=url, store=desk.store, now=desk.now)
    return Outcome({"name": name, "base_url": url}, f"Models of {name} can be added now.")


@store_command(app, "list")
async def list_providers(desk: Desk) -> Outcome:
    """List the providers. Those without a URL are the server's own."""
    rows = [dict(row) for row in await providers.every(desk.store)]
    return listed(rows, name="providers", columns=("name", "base_url", "key_set_at"))
