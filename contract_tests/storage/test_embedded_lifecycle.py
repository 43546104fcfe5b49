"""The embedded server through starts, stops and accidents: shared by its users, never lost, never doubled."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from contract_tests.storage.embedded_users import QUICK, User, ask, exists, is_root, postmaster, running
from persistence.address import Address
from persistence.database import Database, StoreUnavailable
from persistence.embedded import EmbeddedPostgres, EmbeddedPostgresError
from persistence.embedded.binaries import find_binaries
from persistence.embedded.identity import server_user
from persistence.embedded.launch import run_detached
from persistence.embedded.layout import Layout
from persistence.embedded.locks import waiting
from persistence.embedded.process import ServerProcess
from persistence.statement import Statement


def silent(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that holds a cluster; its server does not run before or after any test."""
    place = tmp_path_factory.mktemp("lifecycle")
    with running(place):
        pass
    return place


@pytest.fixture(autouse=True)
def _nothing_is_left_running(data_dir: Path) -> Iterator[None]:
    yield
    assert not ServerProcess(Layout(data_dir)).is_alive()


def kill_server(data_dir: Path) -> None:
    """SIGKILL to the postmaster, and wait until its children have noticed."""
    os.kill(postmaster(data_dir), signal.SIGKILL)
    server = ServerProcess(Layout(data_dir))
    assert any(not server.is_alive() for _ in waiting(20, silent, "")), (
        "the children of a killed server live on"
    )


class TestStart:
    def test_keeps_what_was_stored(self, data_dir: Path) -> None:
        with running(data_dir) as url:
            ask(url, "CREATE TABLE kept AS SELECT 42 AS n")
        with running(data_dir) as url:
            assert ask(url, "SELECT n FROM kept") == 42
            ask(url, "DROP TABLE kept")

    def test_leaves_the_terminal_alone(self, data_dir: Path) -> None:
        with running(data_dir):
            assert os.getsid(postmaster(data_dir)) != os.getsid(0)
            assert os.getpgid(postmaster(data_dir)) != os.getpgid(0)

    def test_four_at_once_share_one_server(self, tmp_path: Path) -> None:
        users = [User(tmp_path) for _ in range(4)]
        for user in users:
            user.wait_until_ready()
        process = postmaster(tmp_path)
        for user in users:
            assert exists(process)
            user.leave()
        assert not exists(process)

    def test_starts_over_after_an_unfinished_creation(self, tmp_path: Path) -> None:
        layout = Layout(tmp_path)
        (layout.unfinished_cluster / "base").mkdir(parents=True)
        (layout.unfinished_cluster / "PG_VERSION").write_text("18\n")
        said: list[str] = []
        server = EmbeddedPostgres(tmp_path, extra_settings=QUICK)
        url = server.start(said.append)
        assert ask(url, "SELECT 1") == 1
        server.stop()
        assert not layout.unfinished_cluster.exists()
        assert [words.split(" ")[0] for words in said] == ["creating", "starting"]


class TestSharing:
    def test_the_last_one_out_stops_it(self, data_dir: Path) -> None:
        first, second = User(data_dir), User(data_dir)
        first.wait_until_ready()
        second.wait_until_ready()
        process = postmaster(data_dir)
        first.leave()
        assert exists(process)
        second.leave()
        assert not exists(process)

    def test_a_killed_user_leaves_it_to_the_next(self, data_dir: Path) -> None:
        killed = User(data_dir)
        killed.wait_until_ready()
        process = postmaster(data_dir)
        killed.kill()
        assert exists(process)
        with running(data_dir) as url:
            assert postmaster(data_dir) == process
            assert ask(url, "SELECT 1") == 1
        assert not exists(process)

    def test_a_forked_copy_stops_nothing(self, data_dir: Path) -> None:
        server = EmbeddedPostgres(data_dir, extra_settings={"fsync": "off"})
        url = server.start(silent)
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert ask(url, "SELECT 1") == 1
        server.stop()

    def test_stopping_twice_is_stopping_once(self, data_dir: Path) -> None:
        server = EmbeddedPostgres(data_dir)
        server.start(silent)
        server.stop()
        server.stop()

    async def test_one_that_waits_for_its_clients_to_end_is_replaced(self, data_dir: Path) -> None:
        """As when a service manager sends SIGTERM to every process of a service."""
        first, second = (EmbeddedPostgres(data_dir, extra_settings=QUICK) for _ in range(2))
        client = await Address.parse(first.start(silent)).open()
        before, note = postmaster(data_dir), Layout(data_dir).process_file
        os.kill(before, signal.SIGTERM)
        assert any("stopping" in note.read_text() for _ in waiting(20, silent, ""))
        again = await Address.parse(second.start(silent)).open()
        assert await again.fetchval("SELECT 1") == 1
        assert postmaster(data_dir) != before
        await again.close()
        client.terminate()
        first.stop()
        second.stop()


class TestAccidents:
    def test_a_killed_server_repairs_itself(self, data_dir: Path) -> None:
        with running(data_dir) as url:
            ask(url, "CREATE TABLE survivor AS SELECT 42 AS n")
            kill_server(data_dir)
            with running(data_dir) as url:
                assert ask(url, "SELECT n FROM survivor") == 42
                ask(url, "DROP TABLE survivor")

    async def test_the_pool_survives_it(self, data_dir: Path) -> None:
        """Every call during the outage is StoreUnavailable and nothing else; then the same pool works."""
        one = Statement(text("SELECT 1 AS one"))
        server, again = (EmbeddedPostgres(data_dir, extra_settings={"fsync": "off"}) for _ in range(2))
        database = await Database.connect(server.start(silent), pool_size=3, acquire_timeout_s=2)
        writing = database.unit_of_work()
        await writing.write(one)
        assert await database.unit_of_work().row(one)
        kill_server(data_dir)
        with pytest.raises(StoreUnavailable):
            await writing.write(one)
        await writing.rollback()
        for _ in range(5):
            with pytest.raises(StoreUnavailable):
                await database.unit_of_work().row(one)
            with pytest.raises(StoreUnavailable):
                await database.unit_of_work().write(one)
            with pytest.raises(StoreUnavailable):
                await database.ping()
        again.start(silent)
        for _ in range(5):
            assert await database.unit_of_work().row(one)
            async with database.unit_of_work() as store:
                assert await store.write(one)
        await database.ping()
        await database.close()
        server.stop()
        again.stop()

    def test_a_stale_note_of_a_living_process_does_not_stop_it(self, data_dir: Path) -> None:
        """After a power cut the noted number may belong to another program of the same user."""
        layout = Layout(data_dir)
        with running(data_dir):
            note = layout.process_file.read_text()
            socket_note = (layout.sockets / ".s.PGSQL.5432.lock").read_text()
            kill_server(data_dir)
        owner = layout.cluster.stat().st_uid
        other = subprocess.Popen(["sleep", "60"], user=owner if is_root() else None)
        try:
            for place, text in (
                (layout.process_file, note),
                (layout.sockets / ".s.PGSQL.5432.lock", socket_note),
            ):
                place.write_text(f"{other.pid}\n" + text.partition("\n")[2])
            with running(data_dir) as url:
                assert ask(url, "SELECT 1") == 1
            assert other.poll() is None, "the innocent process was harmed"
        finally:
            other.kill()
            other.wait()

    def test_a_server_started_by_hand_is_respected(self, data_dir: Path) -> None:
        layout, binaries = Layout(data_dir), find_binaries()
        files = ("-c", f"config_file={layout.settings}", "-c", f"hba_file={layout.access_rules}")
        command = (binaries.postgres, "-D", layout.cluster, *files)
        with layout.start_log.open("ab") as output:
            run_detached(command, server_user(layout), output=output, keep_open=output.fileno())
        assert any(layout.process_file.exists() for _ in waiting(20, silent, ""))
        process = postmaster(data_dir)
        try:
            with pytest.raises(EmbeddedPostgresError, match=f"stop process {process}"):
                EmbeddedPostgres(data_dir).start(silent)
            assert exists(process)
        finally:
            os.kill(process, signal.SIGQUIT)
            assert any(not exists(process) for _ in waiting(20, silent, ""))

    def test_a_server_that_cannot_start_says_why(self, data_dir: Path) -> None:
        settings = {"fsync": "off", "shared_preload_libraries": "no_such_thing"}
        server = EmbeddedPostgres(data_dir, extra_settings=settings)
        with pytest.raises(EmbeddedPostgresError, match=r"does not start: .*no_such_thing"):
            server.start(silent)

    def test_a_cluster_of_another_version_is_refused_untouched(self, data_dir: Path) -> None:
        version = Layout(data_dir).cluster / "PG_VERSION"
        before = version.read_text()
        version.write_text("12\n")
        try:
            with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 12, .* brings PostgreSQL"):
                EmbeddedPostgres(data_dir).start(silent)
            assert version.read_text() == "12\n"
        finally:
            version.write_text(before)
