"""What a server may say on standard error: events of the catalogue, and plain sentences for who starts it.

The sentences are few and listed here. A server that refuses to start ends with one more, which is about its
settings or its surroundings.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from api.logs import Event
from contract_tests.logs.leaks import ADDRESS, leaks

CATALOGUE = {event.word: event for event in Event}
ALWAYS = {"at", "level", "event"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

# Declared to hold what a leak looks like: an address of the server itself, the id of a request.
_OWN = {"at", "public_url", "request_id"}

_PROGRESS = re.compile(
    r"candor: (?:"
    r"loading the (?:program|contract|local model)|starting the workers|stopped before it was ready"
    r"|metrics and readiness are at http://\S+"
    r"|this is plain HTTP: give --tls-cert and --tls-key, or let a proxy in front speak TLS"
    r"|no captcha guards sign-up and sign-in: give CANDOR_TURNSTILE_SITE_KEY and CANDOR_TURNSTILE_SECRET"
    r"|creating the database \(PostgreSQL [\d.]+\) in /\S*|starting PostgreSQL [\d.]+"
    r"|waiting for [a-zA-Z, ]+|migrating the database"
    r"|made the key file /\S*: back it up, apart from the database"
    r"|mails are written into the data directory: set CANDOR_SMTP_HOST to have them sent"
    r")"
)


@dataclass
class ServerLogs:
    """What was found in the logs of servers."""

    lines: int = 0
    events: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def read(self, name: str, text: str) -> None:
        """Take in what one server said."""
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            self.lines += 1
            complaints = list(self._line(line, is_last=number == len(lines)))
            self.complaints += [f"{name}:{number}: {each}: {line[:300]}" for each in complaints]

    def _line(self, line: str, *, is_last: bool) -> Iterator[str]:
        if not line.startswith("{"):
            if not (_PROGRESS.fullmatch(line) or is_last):
                yield "neither an event nor a sentence that is known"
            yield from leaks(line, apart_from=(ADDRESS,))
            return
        try:
            event = json.loads(line)
        except ValueError:
            yield "no JSON"
            return
        self.events[event.get("event", "")] += 1
        yield from _event(event)


def _event(said: dict[str, object]) -> Iterator[str]:
    """What is wrong with one event."""
    event = CATALOGUE.get(str(said.get("event")))
    if event is None:
        yield "an event that the catalogue does not have"
        return
    if said.keys() != ALWAYS | event.fields.keys():
        yield "fields that differ from the event's"
        return
    if said["level"] != event.level or not _MOMENT.fullmatch(str(said["at"])):
        yield "its level or its moment has another form"
    yield from (f"{name} has another form" for name, form in event.fields.items() if not form(said[name]))
    for name, value in said.items():
        if name not in _OWN:
            yield from (f"{what} in {name}" for what in leaks(json.dumps(value)))
