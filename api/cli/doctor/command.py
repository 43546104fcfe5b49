"""The command that runs the checks, in the order in which one depends on another."""

from __future__ import annotations

from api.cli.doctor.finding import told
from api.cli.outcome import Outcome
from api.settings import Settings


def doctor(settings: Settings) -> Outcome:
    """Check whether this server is fit: contract, host, database. Exit code 1 if anything fails."""
    from api.cli.doctor import host, program, store  # what they check is most of the program

    on_host = [host.permissions(settings.data_dir), host.disk(settings.data_dir)]
    of_program, contract = program.contract_and_handlers(settings)
    return told([*of_program, *on_host, *store.findings(settings, contract)])
