"""`python -m contract_tests.logs RECORDS`: does any log of this run hold what no log may?

RECORDS is what the run wrote (`pytest --records`). Every line of every server is held against the catalogue
of events and searched for what the tests sent; so is what the embedded PostgreSQL wrote. A run that wrote
too little to be judged, or did not bring about every event, is refused too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from contract_tests.harness.logs import POSTGRES_LOGS, SERVER_LOGS, kept_logs
from contract_tests.logs.postgres_log import PostgresLogs
from contract_tests.logs.server_log import CATALOGUE, ServerLogs

ENOUGH_LINES = 1_000
ENOUGH_POSTGRES_LINES = 100
NOT_BROUGHT_ABOUT = Path(__file__).with_name("not_brought_about.yaml")
SHOWN = 20


def main() -> int:
    """Judge the records; 0 if there is nothing to complain of."""
    parser = argparse.ArgumentParser(prog="python -m contract_tests.logs", description=__doc__)
    parser.add_argument("records", type=Path, help="the directory that the run wrote to")
    records = parser.parse_args().records
    servers, databases = ServerLogs(), PostgresLogs()
    for name, text in kept_logs(records, SERVER_LOGS):
        servers.read(name, text)
    for name, text in kept_logs(records, POSTGRES_LOGS):
        databases.read(name, text)
    complaints = [*servers.complaints, *databases.complaints, *_too_little(servers, databases)]
    for line in complaints[:SHOWN]:
        print(f"logs: {line}", file=sys.stderr)
    print(
        f"logs: {servers.lines} lines of servers with {len(servers.events)} kinds of event,"
        f" {databases.lines} of PostgreSQL, {len(complaints)} complaints"
    )
    return 1 if complaints else 0


def _too_little(servers: ServerLogs, databases: PostgresLogs) -> Iterator[str]:
    """Reasons why these logs prove nothing."""
    if servers.lines < ENOUGH_LINES:
        yield f"only {servers.lines} lines of servers"
    if databases.lines < ENOUGH_POSTGRES_LINES:
        yield f"only {databases.lines} lines of PostgreSQL"
    exempt = yaml.safe_load(NOT_BROUGHT_ABOUT.read_text(encoding="utf-8")) or {}
    for word in sorted(CATALOGUE.keys() - servers.events.keys() - exempt.keys()):
        yield f"no test brings about {word}"
    for word in sorted(exempt.keys() & servers.events.keys()):
        yield f"a test brings about {word}, and {NOT_BROUGHT_ABOUT.name} says that none can"


if __name__ == "__main__":
    sys.exit(main())
