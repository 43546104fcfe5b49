"""Commands: an ordinary function becomes one by a decorator, which adds the options that every command has.

The function takes the settings (or, by `store_command`, a Desk) first and its own options by keyword, and
returns an Outcome. Printing, exit codes and the wording of failures are here and nowhere else.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

import typer

from api.cli.failures import Refused, sentence_for
from api.cli.outcome import FAILED, Outcome, complain
from api.settings import Settings

_DATA_DIR = Annotated[
    str | None,
    typer.Option(
        metavar="DIR", help="The server's data directory (CANDOR_DATA_DIR; default .data in the repository)."
    ),
]
_DATABASE_URL = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="A PostgreSQL server (CANDOR_DATABASE_URL; default: our own in the data directory).",
    ),
]
_JSON = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]
_SHARED = {"data_dir": (_DATA_DIR, None), "database_url": (_DATABASE_URL, None), "as_json": (_JSON, False)}


def group(about: str) -> typer.Typer:
    """A command that only holds others."""
    return typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None, add_completion=False)


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., Outcome]], Callable[..., None]]:
    """Make a function of the settings the command `name`; its docstring is the help."""

    def register(function: Callable[..., Outcome]) -> Callable[..., None]:
        def run(**given: object) -> None:
            as_json = bool(given.pop("as_json"))
            overrides = {each: given.pop(each) for each in ("data_dir", "database_url")}
            outcome = _attempt(lambda: function(_settings(overrides, given), **given))
            outcome.show(as_json=as_json)
            if outcome.code:
                raise typer.Exit(outcome.code)

        run.__doc__ = function.__doc__
        run.__signature__ = _with_shared_options(function)  # type: ignore[attr-defined]
        app.command(name)(run)
        return run

    return register


def store_command(
    app: typer.Typer, name: str
) -> Callable[[Callable[..., Awaitable[Outcome]]], Callable[..., None]]:
    """Make a coroutine function of a Desk the command `name`."""

    def register(function: Callable[..., Awaitable[Outcome]]) -> Callable[..., None]:
        def with_settings(settings: Settings, **given: object) -> Outcome:
            from api.cli.desk import at_desk  # the database's libraries; `--help` does not wait for them

            return at_desk(settings, lambda desk: function(desk, **given))

        with_settings.__doc__ = function.__doc__
        with_settings.__signature__ = inspect.signature(function, eval_str=True)  # type: ignore[attr-defined]
        return command(app, name)(with_settings)

    return register


def _settings(overrides: Mapping[str, object], given: Mapping[str, object]) -> Settings:
    """The settings in force. Raises BadSetting, and Refused for options whose bytes are no text."""
    for value in (*overrides.values(), *given.values()):
        if isinstance(value, str) and not value.isascii():
            _refuse_unreadable(value)
    return Settings.from_environment(overrides)


def _refuse_unreadable(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused("An option holds bytes that are no UTF-8 text.") from None


def _attempt(work: Callable[[], Outcome]) -> Outcome:
    try:
        return work()
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as failure:  # noqa: BLE001 (the last stop before a traceback, which is no sentence)
        complain(sentence_for(failure))
        raise typer.Exit(FAILED) from None


def _with_shared_options(function: Callable[..., object]) -> inspect.Signature:
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in _SHARED.items()
    ]
    return inspect.Signature([*own, *shared], return_annotation=None)
