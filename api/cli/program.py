"""The whole command line: which groups there are, and how it ends when it is interrupted."""

from __future__ import annotations

import signal
import sys

import typer

from api.cli import (
    access_tokens,
    instances,
    mails,
    models,
    provider_keys,
    providers,
    registration_keys,
    releases,
    store,
    subscriptions,
    users,
)
from api.cli import credits as credit_commands
from api.cli.command import command
from api.cli.doctor.command import doctor
from api.cli.simulation.command import simulate_instance

PROGRAM = "admin"
_USAGE = 2  # what the library ends with when an option is misspelled

app = typer.Typer(
    help="Administer a Candor server on its host. Options come after the command; every command has --help.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(users.app, name="user")
app.add_typer(subscriptions.app, name="subscription")
app.add_typer(credit_commands.app, name="credits")
app.add_typer(access_tokens.app, name="pat")
app.add_typer(registration_keys.app, name="registration-key")
app.add_typer(instances.app, name="instance")
app.add_typer(mails.app, name="mail")
app.add_typer(releases.app, name="release")
app.add_typer(store.app, name="store")
app.add_typer(providers.app, name="provider")
app.add_typer(provider_keys.app, name="provider-key")
app.add_typer(models.app, name="model")
command(app, "doctor")(doctor)
command(app, "simulate-instance")(simulate_instance)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _told_to_stop)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal that cannot show a name still shows the rest
    try:
        app(prog_name=PROGRAM)
    except SystemExit as ended:
        # Whatever an operator got wrong ends alike: a sentence on standard error and code 1.
        raise SystemExit(1 if ended.code == _USAGE else ended.code) from None


def _told_to_stop(number: int, frame: object) -> None:
    """End the way an error does, so that a PostgreSQL that was started for this command is stopped again."""
    raise SystemExit(128 + number)
