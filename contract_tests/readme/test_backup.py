"""The README's two backups of a database of our own, each made, lost and brought back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.administration import Administration
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.instances import Instance, Tokens, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess, environment
from contract_tests.readme.operating import blocks
from persistence.embedded import connection_url


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a clone could be: with the environment and the program, and `.data` of its own."""
    for name in (".venv", "api", "handlers", "persistence"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    return tmp_path


def shell(commands: str, place: Path) -> None:
    done = subprocess.run(
        ["sh", "-euc", commands],
        cwd=place,
        env={**environment(), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr


def signed_in(server: ServerProcess) -> tuple[Person, Tokens]:
    """A person with an instance that is signed in."""
    person = Person.create(Administration(connection_url(server.data_dir)), "ada")
    with server.client() as client:
        return person, Instance.register(client, key=person.key).sign_in(person.pat)


def is_all_there(server: ServerProcess, person: Person, tokens: Tokens) -> bool:
    with server.client() as client:
        answers = [
            client.get("/api/v1/user", headers=bearer(person.pat)),
            client.get("/instance/user/session", headers=tokens.bearer),
        ]
        return [each.status_code for each in answers] == [200, 200]


def test_a_dump_and_a_copy_both_bring_everything_back(
    start_server: StartServer, used_data_dir: Path, place: Path
) -> None:
    (copy,) = (block for block in blocks("sh") if block.startswith("cp "))
    dump, restore = (block for block in blocks("sh") if "POSTGRES" in block)
    data_dir, kept = used_data_dir.rename(place / ".data"), place / "kept"
    server = start_server(database_url=None, data_dir=data_dir)
    known = signed_in(server)
    shell(dump, place)
    assert server.stop() == 0
    shell(copy.replace("/var/backups/candor", f"'{kept}'"), place)
    shutil.rmtree(data_dir)

    copied = start_server(database_url=None, data_dir=kept)
    assert is_all_there(copied, *known)
    copied.stop()

    empty = start_server(database_url=None, data_dir=data_dir)
    assert not is_all_there(empty, *known)
    shell("".join(line for line in dump.splitlines(keepends=True) if "pg_dump" not in line) + restore, place)
    assert empty.stop() == 0
    assert is_all_there(start_server(database_url=None, data_dir=data_dir), *known)
