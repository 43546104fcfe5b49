"""What the PostgreSQL that Candor starts may write: what happens to it, and nothing of a statement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from contract_tests.logs.leaks import leaks

# FATAL ends a session or the server: it names a role or a database, never a value.
_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC \[\d+\] (?:LOG|FATAL|PANIC):  (.*)")


@dataclass
class PostgresLogs:
    """What was found in the logs of PostgreSQL servers."""

    lines: int = 0
    complaints: list[str] = field(default_factory=list)

    def read(self, name: str, text: str) -> None:
        """Take in what one server wrote."""
        for number, line in enumerate(text.splitlines(), 1):
            self.lines += 1
            said = _LINE.fullmatch(line)
            complaints = [] if said else ["more than what happens to the server"]
            complaints += leaks(said[1] if said else line)
            self.complaints += [f"{name}:{number}: {each}: {line[:300]}" for each in complaints]
