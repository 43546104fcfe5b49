"""The five-minute walk of the README, extracted and run in a shell against a server of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.server import environment

README = REPOSITORY / "README.md"
ADDRESS = "http://127.0.0.1:8080"


def walk() -> str:
    """The shell commands of the section, in order."""
    section = README.read_text().split("## Five minutes", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    assert len(blocks) == 6
    return "\n".join(blocks)


@pytest.mark.promise("C1")
def test_the_walk_ends_in_a_session(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(database_url=None, data_dir=tmp_path / "data")
    commands = walk()
    assert ADDRESS in commands
    done = subprocess.run(
        ["sh", "-euc", commands.replace(ADDRESS, server.url)],
        cwd=REPOSITORY,
        env={**environment(), "CANDOR_DATA_DIR": str(tmp_path / "data"), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *_, session, profile = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert session["scopes"] == ["offline", "profile:read"]
    assert profile["identity"] == {"email": "ada@example.org", "name": "Ada Lovelace"}


def test_every_script_that_the_readme_names_is_there_and_no_other() -> None:
    named = set(re.findall(r"scripts/([a-z_]+)", README.read_text()))
    programs = {
        each.name
        for each in (REPOSITORY / "scripts").iterdir()
        if os.access(each, os.X_OK) and each.is_file()
    }
    assert named == programs - {"in_environment"}
