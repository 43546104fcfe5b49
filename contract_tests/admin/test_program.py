"""The command line as a program: with its own PostgreSQL and beside a running server, its help, its
completion, its end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.main import get_command

from api.cli.program import app
from contract_tests.admin.typed import typed
from contract_tests.conftest import StartServer
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.instances import bearer
from contract_tests.harness.server import environment
from contract_tests.harness.stored import execute
from contract_tests.storage.cluster import SharedCluster
from persistence.embedded.layout import Layout
from persistence.embedded.process import ServerProcess as Postgres

CREATE = ("user", "create", "--email", "ann@example.org", "--username", "ann", "--name", "Ann", "--json")
LIMIT_S = 90


def program(
    *arguments: str, variables: dict[str, str] | None = None, **options: object
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "api.cli", *arguments],
        cwd=REPOSITORY,
        env={**environment(), **(variables or {})},
        text=True,
        timeout=LIMIT_S,
        **{"stdin": subprocess.DEVNULL, "capture_output": True, **options},
    )


def commands() -> list[tuple[str, ...]]:
    """Every command and group of the command line."""
    found: list[tuple[str, ...]] = []

    def walk(command: object, path: tuple[str, ...]) -> None:
        found.append(path)
        for name, below in getattr(command, "commands", {}).items():
            walk(below, (*path, name))

    walk(get_command(app), ())
    return found


class TestWithAnEmbeddedDatabase:
    def test_works_without_a_server_and_beside_one(self, tmp_path: Path, start_server: StartServer) -> None:
        data_dir = tmp_path / "data"
        where = f"--data-dir={data_dir}"

        alone = program(*CREATE, where)
        assert (alone.returncode, alone.stderr) == (0, "")
        user_id = json.loads(alone.stdout)["id"]
        assert not Postgres(Layout(data_dir)).is_alive()

        server = start_server(data_dir=data_dir, database_url=None)
        beside = program("pat", "create", "--user", "ann", "--name", "x", "--json", where)
        assert (beside.returncode, beside.stderr) == (0, "")
        with server.client() as client:
            opened = client.get("/api/v1/user", headers=bearer(json.loads(beside.stdout)["token"]))
            assert (opened.status_code, opened.json()["id"]) == (200, user_id)
        by_variable = program(*CREATE, variables={"CANDOR_DATA_DIR": str(data_dir)})
        assert (by_variable.returncode, by_variable.stdout) == (1, "")
        assert by_variable.stderr == "This e-mail address already belongs to an account.\n"
        assert server.stop() == 0
        assert not Postgres(Layout(data_dir)).is_alive()

    def test_told_to_stop_it_stops_its_postgresql(self, tmp_path: Path) -> None:
        data_dir = tmp_path / "data"
        arguments = ("user", "create", "--email=a@b.org", "--username=a", "--name=A", "--password-stdin")
        with subprocess.Popen(
            [sys.executable, "-m", "api.cli", *arguments, f"--data-dir={data_dir}"],
            cwd=REPOSITORY,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as waiting:
            # It waits for the password until told to stop, so its PostgreSQL is surely seen.
            while not Layout(data_dir).process_file.exists() and waiting.poll() is None:
                threading.Event().wait(0.02)
            waiting.send_signal(signal.SIGTERM)
            stdout, stderr = waiting.communicate(timeout=LIMIT_S)
        assert waiting.returncode == 128 + signal.SIGTERM
        assert (stdout, stderr) == (b"", b"")
        assert not Postgres(Layout(data_dir)).is_alive()


class TestRefusals:
    @pytest.mark.parametrize(
        ("option", "sentence"),
        [
            (
                "--database-url=postgresql://someone:hidden@127.0.0.1:1/x",
                "The database at 127.0.0.1:1/x cannot be reached: nothing accepts connections there.\n",
            ),
            (
                "--database-url=mysql://someone:hidden@h/x",
                "--database-url must be a URL that begins with postgresql:// or postgres://.\n",
            ),
            ("--data-dir=/dev/null", "--data-dir must be a directory, and '/dev/null' is not one.\n"),
            ("--data-dir=/proc/candor", None),
        ],
    )
    def test_a_database_that_cannot_be_used(self, option: str, sentence: str | None) -> None:
        ended = typed("user", "list", option)
        assert (ended.code, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
        assert sentence is None or ended.stderr == sentence
        assert "hidden" not in ended.stderr
        assert "defect" not in ended.stderr

    def test_a_database_of_something_else(self, cluster: SharedCluster) -> None:
        url = cluster.create_database("foreign")
        execute(url, "CREATE TABLE guest (name text)")
        ended = typed("user", "list", f"--database-url={url}")
        assert ended.code == 1
        assert "already holds tables that are not Candor's" in ended.stderr

    def test_a_defect_is_named_without_its_text(self, cluster: SharedCluster) -> None:
        url = cluster.create_database("broken")
        assert typed("user", "list", f"--database-url={url}").code == 0
        execute(url, "ALTER TABLE account RENAME COLUMN username TO nickname")
        ended = typed("user", "list", f"--database-url={url}", "--json")
        assert (ended.code, ended.stdout) == (1, "")
        assert ended.stderr.startswith(
            "The command failed because of a defect: UndefinedColumnError at api/cli/"
        )
        assert "Traceback" not in ended.stderr


class TestHelp:
    @pytest.mark.parametrize("path", commands(), ids=" ".join)
    def test_every_command_explains_itself(self, path: tuple[str, ...]) -> None:
        ended = typed(*path, "--help")
        assert (ended.code, ended.stderr) == (0, "")
        assert ended.stdout.startswith(f"Usage: {' '.join(('admin', *path))} ")

    @pytest.mark.parametrize("path", commands(), ids=" ".join)
    def test_every_command_takes_the_shared_options(self, path: tuple[str, ...]) -> None:
        shown = typed(*path, "--help").stdout
        if "COMMAND [ARGS]" not in shown:
            assert all(option in shown for option in ("--data-dir DIR", "--database-url URL", "--json"))

    @pytest.mark.parametrize(
        "arguments", [("user", "crate"), ("user", "create", "--colour"), ("pat", "create")]
    )
    def test_a_mistyped_command_is_a_usage_error(self, arguments: tuple[str, ...]) -> None:
        ended = typed(*arguments)
        assert (ended.code, ended.stdout) == (2, "")
        assert "Usage: admin" in ended.stderr

    def test_a_mistyped_option_ends_like_every_other_mistake(self) -> None:
        ended = program("user", "create", "--colour")
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "--colour" in ended.stderr

    def test_completes_in_a_shell(self) -> None:
        # Whichever shell runs the tests: otherwise the library looks which one it is.
        script = program(
            "--show-completion", "bash", variables={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
        )
        assert script.returncode == 0
        assert "_ADMIN_COMPLETE" in script.stdout
        completed = program(
            variables={
                "_ADMIN_COMPLETE": "complete_bash",
                "COMP_WORDS": "admin registration-key cr",
                "COMP_CWORD": "2",
            }
        )
        assert completed.stdout.strip() == "create"


class TestOutput:
    def test_a_reader_that_went_away_is_no_traceback(self, server_database: str, server: object) -> None:
        read, write = os.pipe()
        os.close(read)
        ended = program(
            "user",
            "list",
            f"--database-url={server_database}",
            stdout=write,
            stderr=subprocess.PIPE,
            capture_output=False,
        )
        os.close(write)
        assert (ended.returncode, ended.stderr) == (0, "")
