"""`scripts/contract diff OLD NEW`: what changed between two contracts, and whether clients notice.

Exit code 0 when they do not, or when the major part of `info.version` grew; 1 when they do; 2 when one of the
files is no contract.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.contract.differences.change import Change, Verdict
from api.contract.differences.documents import compare, major_of
from api.contract.document import ContractError, load, parse

_File = Annotated[str, typer.Argument(help="A contract; - for standard input.", show_default=False)]

app = typer.Typer(
    help="Compare contracts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def contract() -> None:
    """Compare contracts."""


@app.command()
def diff(
    old: _File,
    new: _File,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say for each change whether it breaks clients of OLD. Inputs may only widen, outputs only gain."""
    try:
        before, after = _tree(old), _tree(new)
        permitted = major_of(after) > major_of(before)
    except (ContractError, ValueError) as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(2) from None
    changes = compare(before, after)
    breaking = any(each.verdict is Verdict.BREAKING for each in changes)
    typer.echo(_as_json(before, after, changes, breaking, permitted) if as_json else _as_text(changes))
    if breaking and not permitted:
        typer.echo("Breaking without a new major version.", err=True)
        raise typer.Exit(1)


def _tree(source: str) -> dict[str, Any]:
    return parse(sys.stdin.buffer.read()).tree if source == "-" else load(Path(source)).tree


def _as_text(changes: list[Change]) -> str:
    if not changes:
        return "No difference that a client could notice."
    return "\n".join(
        f"{each.verdict:11} {each.operation}: {each.place} {each.what}"
        + (f": {json.dumps(each.values, ensure_ascii=False)}" if each.values is not None else "")
        for each in changes
    )


def _as_json(
    before: dict[str, Any], after: dict[str, Any], changes: list[Change], breaking: bool, permitted: bool
) -> str:
    told = {
        "old": str(before["info"]["version"]),
        "new": str(after["info"]["version"]),
        "breaking": breaking,
        "permitted": permitted or not breaking,
        "changes": [each.as_json() for each in changes],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    app(prog_name="contract")
