"""Migrations: applied once by whoever comes first, refused where they would do harm, in step with the
tables."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Callable
from subprocess import PIPE, Popen

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from contract_tests.harness.stored import count
from contract_tests.storage.cluster import outside_any_loop
from contract_tests.storage.embedded_users import REPOSITORY
from persistence.address import Address
from persistence.migrations import (
    DatabaseForeign,
    DatabaseNewer,
    DatabaseUnreachable,
    MigrationRefused,
    check,
    create,
    current,
    head,
    migrate,
)
from persistence.revision import is_newest, newest


def execute(url: str, command: str) -> None:
    async def run() -> None:
        connection = await Address.parse(url).open()
        await connection.execute(command)
        await connection.close()

    outside_any_loop(run())


def silent(_: str) -> None:
    pass


def test_an_empty_database_is_brought_to_the_newest_revision(fresh_database: Callable[[], str]) -> None:
    url, said = fresh_database(), list[str]()
    assert current(url) is None
    migrate(url, report=said.append)
    assert current(url) == head()
    assert said == ["migrating the database"]


def test_again_there_is_nothing_to_do(fresh_database: Callable[[], str]) -> None:
    url, said = fresh_database(), list[str]()
    migrate(url, report=silent)
    migrate(url, report=said.append)
    assert said == []


def test_the_quick_question_and_the_history_agree(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    assert newest() == head()
    assert not asyncio.run(is_newest(url))
    migrate(url, report=silent)
    assert asyncio.run(is_newest(url))
    execute(url, "UPDATE alembic_version SET version_num = 'later'")
    assert not asyncio.run(is_newest(url))


def test_the_tables_and_the_revisions_agree(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    migrate(url, report=silent)
    assert check(url) == []


def test_a_table_without_a_revision_is_noticed(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    migrate(url, report=silent)
    execute(url, "CREATE TABLE forgotten (id text)")
    assert any("forgotten" in line for line in check(url))


def test_rows_outlive_the_newer_revisions_and_going_back(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    migrate(url, report=silent)
    step(url, command.downgrade, "0003")
    execute(url, "INSERT INTO attempt (kind, subject, window_started_at, count) VALUES ('x', 'y', now(), 1)")
    migrate(url, report=silent)
    assert (current(url), check(url), count(url, "attempt")) == (head(), [], 1)
    step(url, command.downgrade, "0003")
    assert (current(url), count(url, "attempt")) == ("0003", 1)


def step(url: str, move: Callable[[Config, str], None], revision: str) -> None:
    """Move a database through its history, as the program itself never does."""

    def moved(connection: Connection) -> None:
        config = Config(cmd_opts=Namespace(quiet=True))
        config.set_main_option("script_location", str(REPOSITORY / "persistence" / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        move(config, revision)

    async def run() -> None:
        async def opened() -> object:
            return await Address.parse(url).open()

        engine = create_async_engine("postgresql+asyncpg://", async_creator=opened)
        async with engine.connect() as connection:
            await connection.run_sync(moved)
        await engine.dispose()

    outside_any_loop(run())


_WORKER = """
import sys
from persistence.migrations import migrate
print("loaded", flush=True)
sys.stdin.readline()
migrate(sys.argv[1], report=lambda progress: None)
"""


def test_four_processes_may_start_at_once(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    program = [sys.executable, "-c", _WORKER, url]
    workers = [Popen(program, stdin=PIPE, stdout=PIPE, text=True, cwd=REPOSITORY) for _ in range(4)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "loaded\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate(timeout=60)
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
    assert current(url) == head()


def test_a_newer_database_is_refused_and_left_alone(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    migrate(url, report=silent)
    execute(url, "UPDATE alembic_version SET version_num = 'later'")
    with pytest.raises(DatabaseNewer, match="newer Candor \\(revision later\\)"):
        migrate(url, report=silent)
    assert current(url) == "later"


def test_a_database_of_something_else_is_refused_and_left_alone(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    execute(url, "CREATE TABLE theirs (id text)")
    with pytest.raises(DatabaseForeign, match="a database of its own"):
        migrate(url, report=silent)
    assert current(url) is None


@pytest.mark.parametrize("url", ["postgresql://u:s3cret@127.0.0.1:1/x", "mysql://u:s3cret@h/x"])
def test_an_unreachable_database_is_a_sentence_without_the_password(url: str) -> None:
    with pytest.raises(DatabaseUnreachable) as refusal:
        migrate(url, report=silent)
    assert "s3cret" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_no_revision_is_written_without_a_difference(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    with pytest.raises(MigrationRefused, match="migrate it first"):
        create("too early", url)
    migrate(url, report=silent)
    with pytest.raises(MigrationRefused, match="nothing to migrate"):
        create("too late", url)
