"""`model …`: the language models that people may choose."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.command import group, store_command
from api.cli.desk import Desk
from api.cli.listing import listed
from api.cli.outcome import Outcome
from handlers.providers import models
from persistence import models as stored

app = group("The language models that people may choose.")

_Id = Annotated[str, typer.Argument(metavar="ID", help="The model's id.")]


@store_command(app, "add")
async def add(
    desk: Desk,
    *,
    id: Annotated[str, typer.Option(metavar="ID", help="What calls name it by.")],
    provider: Annotated[str, typer.Option(metavar="P", help="Who runs it: see provider list.")],
    token_credit: Annotated[int, typer.Option(metavar="N", help="Credits that a token costs; 0 is free.")],
    context: Annotated[int, typer.Option(metavar="N", help="Tokens of a conversation, with the answer.")],
    max_output: Annotated[int, typer.Option(metavar="N", help="Tokens of an answer, at most.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What people see; default: ID.")] = None,
    upstream: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the provider calls it; default: ID.")
    ] = None,
) -> Outcome:
    """Let people choose a model from now on. What it costs stays: disable it to offer it at another price."""
    model = models.NewModel(
        id=id,
        name=id if name is None else name,
        provider=provider,
        upstream=id if upstream is None else upstream,
        token_credit=token_credit,
        context=context,
        max_output=max_output,
    )
    await models.add(model, store=desk.store, now=desk.now)
    return Outcome({"id": id}, f"People can choose the model {id} now.")


@store_command(app, "list")
async def list_models(desk: Desk) -> Outcome:
    """List the models, those that were disabled too."""
    columns = ("id", "name", "provider", "upstream", "token_credit", "context", "max_output", "disabled_at")
    return listed([dict(row) for row in await stored.every(desk.store)], name="models", columns=columns)


@store_command(app, "disable")
async def disable(desk: Desk, *, id: _Id) -> Outcome:
    """Let nobody choose a model any more."""
    await models.disable(id, store=desk.store, now=desk.now)
    return Outcome({"id": id}, f"Nobody can choose the model {id} any more.")


@store_command(app, "enable")
async def enable(desk: Desk, *, id: _Id) -> Outcome:
    """Let people choose a model again."""
    await models.enable(id, store=desk.store)
    return Outcome({"id": id}, f"People can choose the model {id} again.")
