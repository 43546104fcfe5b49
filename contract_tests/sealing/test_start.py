"""Servers and their key file: made at the first start, kept at the next, named by a setting, and missed."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from pathlib import Path

import pytest

from api.gateways import key_file
from contract_tests.admin.typed import typed
from contract_tests.conftest import StartServer
from contract_tests.harness.administration import Administration
from contract_tests.harness.people import Person
from contract_tests.harness.second_factors import Holder
from contract_tests.harness.server import ServerProcess
from contract_tests.storage.cluster import SharedCluster


class TestStart:
    def test_makes_it_in_the_data_directory_and_keeps_it(self, start_server: StartServer) -> None:
        server = start_server()
        made = server.data_dir / "candor.key"
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        assert "back it up" in server.stderr
        content = made.read_bytes()
        server.stop()
        again = start_server(data_dir=server.data_dir)
        assert made.read_bytes() == content
        assert "back it up" not in again.stderr

    def test_makes_it_where_the_setting_says(self, start_server: StartServer, tmp_path: Path) -> None:
        server = start_server(variables={"CANDOR_KEY_FILE": str(tmp_path / "elsewhere")}, workers=2)
        assert (tmp_path / "elsewhere").is_file()
        assert not (server.data_dir / "candor.key").exists()

    def test_is_refused_with_a_file_that_holds_no_key(
        self, start_server: StartServer, tmp_path: Path
    ) -> None:
        (tmp_path / "broken").write_text("not a key\n")
        server = start_server(variables={"CANDOR_KEY_FILE": str(tmp_path / "broken")}, wait=False)
        assert server.ended() == 1
        assert f"Line 1 of the key file {tmp_path / 'broken'}" in server.stderr.splitlines()[-1]
        assert (tmp_path / "broken").read_text() == "not a key\n"


@pytest.fixture(scope="module")
def sealed_once(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A database with a sealed secret, and the data directory with its key, for copies."""
    url = cluster.create_database("sealed", like=migrated)
    server = ServerProcess(tmp_path_factory.mktemp("sealed") / "data", flags={"database-url": url})
    try:
        with server.until_ready().client() as client:
            Holder.sign_in(client, Person.with_password(Administration(url), "ada")).with_totp()
    finally:
        code = server.stop()
    assert code == 0, server.stderr
    return url, server.data_dir


class TestLostKey:
    @pytest.fixture
    def sealed(
        self, sealed_once: tuple[str, Path], cluster: SharedCluster, tmp_path: Path
    ) -> tuple[str, Path]:
        """A copy of both, of the test's own."""
        url, data_dir = sealed_once
        shutil.copytree(data_dir, tmp_path / "sealed")
        return cluster.create_database("sealed", like=url), tmp_path / "sealed"

    @pytest.mark.promise("C17")
    def test_refuses_to_start_and_makes_no_other(
        self, start_server: StartServer, sealed: tuple[str, Path]
    ) -> None:
        url, data_dir = sealed
        key = (data_dir / "candor.key").read_bytes()
        (data_dir / "candor.key").unlink()
        lost = start_server(database_url=url, data_dir=data_dir, wait=False)
        assert lost.ended() == 1
        assert "there is no key file" in lost.stderr.splitlines()[-1]
        assert not (data_dir / "candor.key").exists()
        (data_dir / "candor.key").write_bytes(key)
        start_server(database_url=url, data_dir=data_dir)

    def test_refuses_to_start_with_another(
        self, start_server: StartServer, sealed: tuple[str, Path], tmp_path: Path
    ) -> None:
        url, data_dir = sealed
        key_file.make(tmp_path / "another.key")
        variables = {"CANDOR_KEY_FILE": str(tmp_path / "another.key")}
        server = start_server(database_url=url, data_dir=data_dir, variables=variables, wait=False)
        assert server.ended() == 1
        assert "sealed under a key that the key file does not have" in server.stderr.splitlines()[-1]

    def test_starts_with_a_new_key_before_the_old(
        self, start_server: StartServer, sealed: tuple[str, Path]
    ) -> None:
        url, data_dir = sealed
        old = (data_dir / "candor.key").read_bytes()
        (data_dir / "candor.key").write_bytes(base64.b64encode(bytes(range(32))) + b"\n" + old)
        start_server(database_url=url, data_dir=data_dir)

    @pytest.mark.parametrize("change", ["lost", "another", "open to others"])
    def test_is_found_by_doctor(self, sealed: tuple[str, Path], change: str) -> None:
        url, data_dir = sealed
        options = ("doctor", "--json", f"--database-url={url}", f"--data-dir={data_dir}")
        assert state_of_key(*options) == "ok"
        key = data_dir / "candor.key"
        if change == "open to others":
            key.chmod(0o644)
        else:
            key.unlink()
        if change == "another":
            key_file.make(key)
        assert state_of_key(*options) == "fail"


def state_of_key(*options: str) -> str:
    found = {each["check"]: each["state"] for each in json.loads(typed(*options).stdout)["checks"]}
    state: str = found["key"]
    return state
