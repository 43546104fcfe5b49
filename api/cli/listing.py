"""Lists: how rows are printed for people and programs, and how a long list is read page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import typer

from api.cli.outcome import Outcome
from handlers.moments import rfc3339

Limit = Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="How many at most.")]
After = Annotated[str, typer.Option(metavar="ID", help="Go on after this one.")]


def listed(
    rows: Sequence[Mapping[str, object]], *, name: str, columns: Sequence[str], limit: int | None = None
) -> Outcome:
    """`{name: [...]}` with whole rows, or a table of `columns`. With a limit, `next` says where the next
    page begins.
    """
    data: dict[str, object] = {name: [{key: plain(value) for key, value in row.items()} for row in rows]}
    lines = [[_shown(row[column]) for column in columns] for row in rows]
    text = _table([column.removesuffix("_at") for column in columns], lines) if rows else "None."
    if limit is not None:
        more = len(rows) == limit
        data["next"] = rows[-1]["id"] if more else None
        text += f"\nThere may be more: --after {rows[-1]['id']}" if more else ""
    return Outcome(data, text)


def plain(value: object) -> object:
    """The value as JSON can hold it."""
    return rfc3339(value) if isinstance(value, datetime) else value


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None or value == "" else str(plain(value))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    )
    return "\n".join(lines)
