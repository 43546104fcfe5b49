"""Starting: the ready line, what is derived, and the refusals, with nothing changed."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.server import ServerProcess, environment
from contract_tests.harness.stored import execute, rows
from contract_tests.storage.cluster import SharedCluster


def refusal(server: ServerProcess) -> str:
    """The sentence with which a server refused to start: the last line that it said."""
    assert server.ended() == 1, server.stderr
    assert server.process.stdout is not None
    assert server.process.stdout.read() == b""
    assert "Traceback" not in server.stderr
    return server.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture(scope="module")
def told(
    cluster: SharedCluster, migrated: str, taken_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server that was told its public URL, a port by a variable, and another one by a flag."""
    flags = {
        "database-url": cluster.create_database("told", like=migrated),
        "port": "0",
        "public-url": "https://cloud.example.org/",
    }
    data_dir = tmp_path_factory.mktemp("told") / "data"
    server = ServerProcess(data_dir, flags=flags, variables={"CANDOR_PORT": str(taken_port)})
    try:
        yield server.until_ready()
    finally:
        server.stop()


class TestReady:
    def test_says_ready_once_and_answers(self, start_server: StartServer) -> None:
        server = start_server()
        assert server.url.startswith("http://127.0.0.1:")
        with server.client() as client:
            assert client.get("/health").status_code == 200
            metadata = client.get("/.well-known/oauth-authorization-server").json()
        assert metadata["issuer"] == server.url  # derived from where it listens

    def test_says_nothing_else_but_how_to_make_the_first_account(
        self, tmp_path: Path, cluster: SharedCluster
    ) -> None:
        done = subprocess.Popen(
            [sys.executable, "-m", "api.serve", "--port=0", f"--data-dir={tmp_path / 'data'}"],
            cwd=REPOSITORY,
            env={**environment(), "CANDOR_DATABASE_URL": cluster.create_database("ready")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert done.stdout is not None
        first, second = done.stdout.readline(), done.stdout.readline()
        done.terminate()
        assert first.startswith(b"ready http://127.0.0.1:")
        assert b"/first-account#token=" in second
        assert done.stdout.read() == b""
        assert done.wait(60) == 0
        done.stdout.close()

    def test_takes_the_public_url_that_it_is_given(self, told: ServerProcess) -> None:
        with told.client() as client:
            metadata = client.get("/.well-known/oauth-authorization-server").json()
        assert metadata["issuer"] == "https://cloud.example.org"

    def test_puts_an_ipv6_address_in_brackets(self, start_server: StartServer) -> None:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine has no IPv6 loopback address")
        server = start_server(host="::1")
        assert server.url.startswith("http://[::1]:")
        with server.client() as client:
            assert client.get("/health").status_code == 200

    def test_lets_a_flag_win_over_its_variable(self, told: ServerProcess, taken_port: int) -> None:
        assert not told.url.endswith(f":{taken_port}")

    def test_keeps_what_it_writes_to_its_user(self, server: ServerProcess) -> None:
        assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE((server.data_dir / "server.json").stat().st_mode) == 0o600
        assert server.description["pid"] == server.process.pid
        assert server.description["listening_url"] == server.url

    def test_starts_again_in_seconds_on_its_own_database(
        self, start_server: StartServer, used_data_dir: Path
    ) -> None:
        began = time.monotonic()
        start_server(database_url=None, data_dir=used_data_dir)
        # It takes between one and two on a quiet machine of this kind; this bound is for a busy one.
        assert time.monotonic() - began < 12


class TestRefusesToStart:
    def test_when_the_port_is_taken(self, start_server: StartServer, taken_port: int) -> None:
        server = start_server(port=taken_port, wait=False)
        assert refusal(server).startswith(f"Port {taken_port} of 127.0.0.1 is taken")
        assert not server.data_dir.exists()

    def test_when_another_server_uses_the_data_directory(self, start_server: StartServer) -> None:
        first = start_server()
        described = first.description
        second = start_server(data_dir=first.data_dir, wait=False)
        assert "is in use by another server." in refusal(second)
        assert first.description == described
        with first.client() as client:
            assert client.get("/health").status_code == 200

    def test_when_the_data_directory_cannot_be_made(self, start_server: StartServer, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        sentence = refusal(start_server(data_dir=tmp_path / "file" / "data", wait=False))
        assert sentence.startswith("The data directory ")

    def test_when_the_database_is_unreachable(self, start_server: StartServer) -> None:
        url = "postgresql://someone:s3cr3t-word@127.0.0.1:1/nowhere"
        server = start_server(database_url=url, wait=False)
        assert "cannot be reached" in refusal(server)
        assert "s3cr3t-word" not in server.stderr
        assert not server.data_dir.exists()

    def test_when_the_database_is_newer(
        self, start_server: StartServer, cluster: SharedCluster, migrated: str
    ) -> None:
        url = cluster.create_database("newer", like=migrated)
        execute(url, "UPDATE alembic_version SET version_num = '9999'")
        assert "newer" in refusal(start_server(database_url=url, wait=False))
        assert rows(url, "SELECT version_num FROM alembic_version") == [{"version_num": "9999"}]

    @pytest.mark.promise("N1")
    def test_when_the_database_holds_what_the_contract_does_not_declare(
        self, start_server: StartServer, cluster: SharedCluster, migrated: str
    ) -> None:
        url = cluster.create_database("undeclared", like=migrated)
        execute(url, "CREATE TABLE shadow_profile (email text)")
        sentence = refusal(start_server(database_url=url, wait=False))
        assert "the records that the contract declares differ" in sentence
        assert "shadow_profile" in sentence

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("CANDOR_WORKERS", "none"),
            ("CANDOR_PRIVATE_PORT", "70000"),
            ("CANDOR_TRUSTED_PROXIES", "everyone"),
            ("CANDOR_PUBLIC_URL", "cloud.example.org"),
            ("CANDOR_PUBLIC_URL", "https://cloud.example.org/below"),
            ("CANDOR_PUBLIC_URL", "https://a cloud.example.org"),
            ("CANDOR_PUBLIC_URL", "https://cloud.example.org:99999"),
            ("CANDOR_PUBLIC_URL", "http://[::1"),
            ("CANDOR_PAT_PREFIX", "no prefix"),
            ("CANDOR_SECURITY_CONTACT", "call me"),
        ],
    )
    def test_when_a_setting_cannot_be_used(self, tmp_path: Path, variable: str, value: str) -> None:
        server = ServerProcess(tmp_path / "data", variables={variable: value})
        assert variable in refusal(server)
        assert not server.data_dir.exists()

    def test_names_the_flag_when_that_is_what_was_typed(self, tmp_path: Path) -> None:
        assert "--workers" in refusal(ServerProcess(tmp_path / "data", flags={"workers": "0"}))
