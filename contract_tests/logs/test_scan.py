"""The scan of the logs lets a clean run through, and finds what is planted in one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from api.logs import Event
from contract_tests.harness.canary import CANARY
from contract_tests.harness.judging import judged
from contract_tests.harness.logs import POSTGRES_LOGS, SERVER_LOGS
from contract_tests.logs.__main__ import ENOUGH_LINES, ENOUGH_POSTGRES_LINES, NOT_BROUGHT_ABOUT
from contract_tests.logs.postgres_log import PostgresLogs
from contract_tests.logs.server_log import ALWAYS, CATALOGUE, ServerLogs

MOMENT = "2026-11-22T12:00:00.000000Z"
REQUEST = "01KAJ3S9QWXJ0V0B4R1YH8N2CD"
STARTED = "2026-11-22 12:00:00.000 UTC [42] LOG:  database system is ready to accept connections"

# A value of each form that a field can have; a field takes the first one that it admits.
VALUES: list[object] = ["word", ["api/logs.py:1"], "http://127.0.0.1:8080", 1, True, REQUEST]


def example(event: Event) -> dict[str, object]:
    """An event as it stands in a log."""
    fields = {name: next(value for value in VALUES if form(value)) for name, form in event.fields.items()}
    return {"at": MOMENT, "level": event.level, "event": event.word, **fields}


def complaints(line: object) -> list[str]:
    """What the scan says of one line of a server."""
    logs = ServerLogs()
    text = line if isinstance(line, str) else json.dumps(line)
    logs.read("a server", f"{text}\ncandor: loading the program\n")
    return logs.complaints


class TestEvents:
    @pytest.mark.parametrize("event", Event, ids=lambda event: event.word)
    def test_of_the_catalogue_pass(self, event: Event) -> None:
        assert complaints(example(event)) == []

    @pytest.mark.parametrize("event", Event, ids=lambda event: event.word)
    def test_have_no_field_that_every_line_has(self, event: Event) -> None:
        assert not ALWAYS & event.fields.keys()

    @pytest.mark.parametrize(
        "changed",
        [
            {"event": "request_answered"},
            {"level": "info"},
            {"at": "yesterday"},
            {"exception": "it failed"},
            {"frames": ["/home/ada/server.py:1"]},
            {"address": "word"},
            {"exception": CANARY},
            {"exception": "cat_k2J9n4M7b1V6c3X8z5L0"},
            {"exception": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
            {"exception": "WDJB-MJHT"},
            {"exception": "192.0.2.17"},
            {"exception": "ada-0a1b2c3d"},
            {"exception": REQUEST},
        ],
        ids=lambda changed: f"{changed}"[:40],
    )
    def test_with_anything_else_are_found(self, changed: dict[str, object]) -> None:
        event = example(Event.UNHANDLED_EXCEPTION) | {"exception": "ValueError"}
        assert complaints(event) == []
        assert complaints(event | changed)

    def test_with_a_field_too_few_are_found(self) -> None:
        event = example(Event.UNHANDLED_EXCEPTION)
        del event["request_id"]
        assert complaints(event)


class TestSentences:
    def test_that_a_start_says_pass(self) -> None:
        assert complaints("candor: metrics and readiness are at http://127.0.0.1:41234") == []

    @pytest.mark.parametrize(
        "line",
        [
            "INFO:     127.0.0.1:5123 - GET /health HTTP/1.1 200",
            "Traceback (most recent call last):",
            "{truncated",
            "candor: hello ada@example.org",
            "candor: starting PostgreSQL postgresql://candor:word@localhost/candor",
        ],
    )
    def test_that_are_not_known_are_found(self, line: str) -> None:
        assert complaints(line)

    def test_that_end_a_refused_start_pass_without_a_secret(self) -> None:
        logs = ServerLogs()
        logs.read("a server", "candor: loading the program\nThe port 8080 is in use.\n")
        assert logs.complaints == []
        logs.read("a server", "The database postgresql://candor:word@localhost/candor is away.\n")
        assert len(logs.complaints) == 1


class TestPostgreSQL:
    @pytest.mark.parametrize(
        "line",
        [
            "2026-11-22 12:00:00.000 UTC [42] ERROR:  duplicate key value violates a constraint",
            "2026-11-22 12:00:00.000 UTC [42] DETAIL:  Key (email)=(x) already exists.",
            "2026-11-22 12:00:00.000 UTC [42] STATEMENT:  SELECT 1",
            "2026-11-22 12:00:00.000 UTC [42] LOG:  connection received: host=192.0.2.17",
            "2026-11-22 12:00:00.000 UTC [42] LOG:  parameters: $1 = 'ada@example.org'",
            "\tWHERE email = 'x'",
        ],
    )
    def test_that_logs_statements_is_found(self, line: str) -> None:
        logs = PostgresLogs()
        logs.read("a database", f"{STARTED}\n{line}\n")
        assert len(logs.complaints) == 1


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The records of a clean run: every event that is not exempt, and enough lines."""
    exempt = yaml.safe_load(NOT_BROUGHT_ABOUT.read_text()) or {}
    events = [example(event) for word, event in CATALOGUE.items() if word not in exempt]
    lines = [json.dumps(events[number % len(events)]) for number in range(ENOUGH_LINES)]
    for kind, content in ((SERVER_LOGS, lines), (POSTGRES_LOGS, [STARTED] * ENOUGH_POSTGRES_LINES)):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "1.log").write_text("".join(f"{line}\n" for line in content))
    return tmp_path


def judge(records: Path) -> subprocess.CompletedProcess[str]:
    """The gate as `scripts/test` calls it."""
    return judged("contract_tests.logs", str(records))


class TestGate:
    def test_passes_a_clean_run(self, kept: Path) -> None:
        done = judge(kept)
        assert (done.returncode, done.stderr) == (0, "")

    def test_names_the_line_that_leaks(self, kept: Path) -> None:
        (kept / SERVER_LOGS / "2.log").write_text(f"{CANARY}\n")
        done = judge(kept)
        assert (done.returncode, done.stderr.partition(": what a request carried")[0]) == (1, "logs: 2.log:1")

    def test_refuses_a_run_that_logged_nothing(self, tmp_path: Path) -> None:
        done = judge(tmp_path)
        assert done.returncode == 1
        assert "only 0 lines of servers" in done.stderr

    def test_refuses_a_run_that_missed_an_event(self, kept: Path) -> None:
        log = kept / SERVER_LOGS / "1.log"
        lines = [line for line in log.read_text().splitlines() if "store_unavailable" not in line]
        log.write_text("".join(f"{line}\n" for line in lines * 2))
        done = judge(kept)
        assert (done.returncode, done.stderr) == (1, "logs: no test brings about store_unavailable\n")
