"""Who can reach the embedded server and what it gives away: its user, its owner's password, and nothing."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from contract_tests.storage.embedded_users import (
    REPOSITORY,
    User,
    ask,
    exists,
    is_root,
    postmaster,
    running,
)
from persistence.address import Address
from persistence.embedded import EmbeddedPostgres, connection_url, unprivileged
from persistence.embedded.binaries import find_binaries
from persistence.embedded.layout import ADMINISTRATOR, APPLICATION, Layout
from persistence.embedded.socket_path import reachable

NOBODY = 65534
# An ordinary user who can still read this interpreter and the repository, wherever they lie.
AS_NOBODY = (sys.executable, "-IS", unprivileged.__file__, "--user", f"{NOBODY}:{NOBODY}", "--")
only_root = pytest.mark.skipif(not is_root(), reason="needs root")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory whose server runs."""
    place = tmp_path_factory.mktemp("safety")
    with running(place):
        yield place


class TestSettings:
    def test_is_durable_unless_told_otherwise(self, tmp_path: Path) -> None:
        server = EmbeddedPostgres(tmp_path)
        url = server.start(lambda _: None)
        try:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                assert ask(url, f"SHOW {name}") == "on"
        finally:
            server.stop()

    def test_listens_on_no_port(self, data_dir: Path) -> None:
        assert ask(connection_url(data_dir), "SHOW listen_addresses") == ""

    def test_speaks_the_same_language_everywhere(self, data_dir: Path) -> None:
        url = connection_url(data_dir)
        assert ask(url, "SHOW server_encoding") == "UTF8"
        assert ask(url, "SELECT lower('ÄÉŞ') = 'äéş'") is True
        assert ask(url, "SELECT current_setting('timezone')") == "UTC"


class TestAccess:
    def test_only_the_owner_gets_in(self, data_dir: Path) -> None:
        layout = Layout(data_dir)
        for directory in (layout.root, layout.cluster, layout.sockets, layout.logs):
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        for role in (APPLICATION, ADMINISTRATOR):
            assert stat.S_IMODE(layout.password_file(role).stat().st_mode) == 0o600
        assert layout.root.stat().st_uid == os.geteuid()

    def test_loosens_nothing_outside(self, tmp_path: Path) -> None:
        outer = tmp_path / "outer"
        (outer / "inner").mkdir(parents=True, mode=0o750)
        before = [path.stat() for path in (tmp_path, outer, outer / "inner")]
        with running(outer / "inner"):
            pass
        after = [path.stat() for path in (tmp_path, outer, outer / "inner")]
        assert [(each.st_mode, each.st_uid, each.st_gid) for each in after] == [
            (each.st_mode, each.st_uid, each.st_gid) for each in before
        ]

    @pytest.mark.parametrize("password", ["", "wrong"])
    async def test_wants_the_password(self, data_dir: Path, password: str) -> None:
        layout = Layout(data_dir)
        with reachable(layout.sockets) as host, pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await asyncpg.connect(
                host=host, port=layout.port, user=APPLICATION, password=password, database=APPLICATION
            )

    def test_secrets_are_in_no_process_listing(self, data_dir: Path) -> None:
        layout = Layout(data_dir)
        process = Path(f"/proc/{postmaster(data_dir)}")
        visible = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        visible += connection_url(data_dir).encode()
        for role in (APPLICATION, ADMINISTRATOR):
            assert layout.password_file(role).read_bytes() not in visible

    def test_the_application_is_no_superuser_and_owns_only_its_database(self, data_dir: Path) -> None:
        url = connection_url(data_dir)
        rights = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
        assert ask(url, f"SELECT {rights} FROM pg_roles WHERE rolname = current_user") is False
        owned = (
            "SELECT array_agg(datname::text) FROM pg_database WHERE pg_get_userbyid(datdba) = current_user"
        )
        assert ask(url, owned) == [APPLICATION]

    @pytest.mark.parametrize("database", ["postgres", "template1"])
    def test_the_application_enters_no_other_database(self, data_dir: Path, database: str) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(connection_url(data_dir, database=database), "SELECT 1")

    @pytest.mark.parametrize(
        "command", ["COPY (SELECT 1) TO PROGRAM 'id'", "SELECT pg_read_file('PG_VERSION')"]
    )
    def test_the_application_reaches_no_file_or_program(self, data_dir: Path, command: str) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(connection_url(data_dir), command)


class TestLog:
    async def test_no_value_of_a_failing_statement_is_logged(self, data_dir: Path) -> None:
        connection = await Address.parse(connection_url(data_dir)).open()
        await connection.execute("CREATE TABLE guarded (id text PRIMARY KEY, n integer)")
        await connection.execute("INSERT INTO guarded VALUES ('canary4711')")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO guarded VALUES ('canary4711')")
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await connection.execute("SELECT CAST('canary4711' AS integer)")
        await connection.execute("DROP TABLE guarded")
        await connection.close()
        logs = b"".join(log.read_bytes() for log in Layout(data_dir).logs.iterdir())
        assert b"ready to accept connections" in logs, "the log is being written"
        assert b"canary4711" not in logs


class TestPlaces:
    def test_a_path_longer_than_a_socket_address(self, tmp_path: Path) -> None:
        deep = tmp_path / ("d" * 120) / "data directory with 'quotes' and %"
        with running(deep) as url:
            assert ask(url, "SELECT 1") == 1
            for open_files in (Path("/proc/self/fd"), Path("/nowhere")):
                with (
                    reachable(Layout(deep).sockets, open_files) as short,
                    socket.socket(socket.AF_UNIX) as end,
                ):
                    end.connect(f"{short}/.s.PGSQL.5432")

    def test_an_unusable_place_is_one_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        user = User(tmp_path / "file" / "data")
        assert (
            user.refusal()
            == f"The data directory {tmp_path / 'file' / 'data'} cannot be used: not a directory."
        )


class TestIdentity:
    @only_root
    def test_root_hands_the_server_to_an_ordinary_user(self, data_dir: Path) -> None:
        status = Path(f"/proc/{postmaster(data_dir)}/status").read_text()
        assert f"Uid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}" in status
        assert "NoNewPrivs:\t1" in status
        assert "CapEff:\t0000000000000004" in status, "CAP_DAC_READ_SEARCH and nothing else"

    @only_root
    def test_what_lies_below_a_closed_directory_can_be_run(self, tmp_path: Path) -> None:
        """PostgreSQL's programs ask with access(2) where they find each other."""
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        program = closed / "program"
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
        asking = "import os, sys; sys.exit(not os.access(sys.argv[1], os.X_OK))"
        subprocess.run([*AS_NOBODY, sys.executable, "-IS", "-c", asking, program], check=True)
        subprocess.run([*AS_NOBODY, "/bin/sh", program], check=True)

    @only_root
    def test_root_with_the_programs_below_a_closed_directory(self, tmp_path: Path) -> None:
        """As when the repository, and its environment with it, lies below /root."""
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        package = find_binaries().directory.parents[1]
        parts = package.parent.glob(f"{package.name}*")  # the libraries that the programs load lie beside it
        linked = ("-l",) if package.stat().st_dev == closed.stat().st_dev else ()
        subprocess.run(["cp", "-a", *linked, *parts, closed], check=True)
        path = os.pathsep.join((str(closed), str(REPOSITORY)))
        user = User(tmp_path / "data", wrapper=("env", f"PYTHONPATH={path}"))
        user.wait_until_ready()
        program = Path(f"/proc/{postmaster(tmp_path / 'data')}/exe").readlink()
        assert program.is_relative_to(closed)
        user.leave()

    @only_root
    @pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
    def test_root_with_the_rights_of_a_container(self, tmp_path: Path) -> None:
        (tmp_path / "closed").mkdir(mode=0o700)
        user = User(tmp_path / "closed" / "data", wrapper=("setpriv", "--bounding-set", "-dac_read_search"))
        user.wait_until_ready()
        user.leave()

    @only_root
    @pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
    def test_root_without_any_right_is_told_what_to_do(self, tmp_path: Path) -> None:
        without = "-dac_read_search,-dac_override"
        user = User(tmp_path / "data", wrapper=("setpriv", "--bounding-set", without))
        assert "start Candor as an ordinary user" in user.refusal()

    @only_root
    def test_an_ordinary_user_runs_it_as_itself(self) -> None:
        place = Path(tempfile.mkdtemp())
        os.chown(place, NOBODY, NOBODY)
        try:
            user = User(place / "data", wrapper=AS_NOBODY)
            user.wait_until_ready()
            process = postmaster(place / "data")
            assert f"Uid:\t{NOBODY}\t" in Path(f"/proc/{process}/status").read_text()
            user.leave()
            assert not exists(process)
        finally:
            shutil.rmtree(place)

    @only_root
    def test_an_ordinary_user_is_refused_the_directory_of_another(self) -> None:
        place = Path(tempfile.mkdtemp())
        place.chmod(0o755)
        try:
            (place / "postgres").mkdir(mode=0o700)
            assert "run Candor as that user" in User(place, wrapper=AS_NOBODY).refusal()
        finally:
            shutil.rmtree(place)
