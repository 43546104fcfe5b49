"""Alembic, driven from Python over asyncpg: migrate, compare, write the next revision.

Any number of workers may start at once: one of them migrates under a PostgreSQL advisory lock, the others
wait and find nothing left to do. All revisions of one run are a single transaction, so a failing one leaves
the database as it was. The functions run an event loop of their own: inside one, call them with
``asyncio.to_thread``.
"""

import asyncio
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from persistence.address import Address
from persistence.migration_refusals import (
    DatabaseForeign,
    DatabaseNewer,
    DatabaseUnreachable,
    MigrationRefused,
)
from persistence.tables import metadata

Report = Callable[[str], None]

_HERE: Final = Path(__file__).parent
_LOCK: Final = 0x63616E646F72
"""The advisory lock of migrations: the bytes of "candor"."""
_HISTORY: Final = "alembic_version"
_CONNECT_TIMEOUT_S: Final = 10.0

_Result = TypeVar("_Result")


def migrate(url: str, *, report: Report) -> None:
    """Bring the database to this program's revision; do nothing when it is there already.

    Raises DatabaseUnreachable, DatabaseNewer or DatabaseForeign, each with one sentence; nothing is changed
    then.
    """

    def upgrade(connection: Connection, address: Address) -> None:
        _wait_for_turn(connection, report)
        revision = _revision(connection)
        _refuse_strangers(connection, revision, address)
        if revision != head():
            report("migrating the database")
            command.upgrade(_config(connection), "head")

    _on_database(url, upgrade)


def current(url: str) -> str | None:
    """The revision that the database is at; None when it was never migrated. Raises DatabaseUnreachable."""
    return _on_database(url, lambda connection, address: _revision(connection))


def head() -> str | None:
    """The revision that this program needs; None as long as there is none."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def check(url: str) -> list[str]:
    """What a new revision would have to change, one line each; empty when tables and revisions agree.

    ``url`` names a migrated database. Raises DatabaseUnreachable.
    """
    return _on_database(url, lambda connection, address: _differences(connection))


def create(message: str, url: str) -> Path:
    """Write the next revision from the difference between the tables and the migrated database ``url``.

    The file still has to be read and formatted by a person. Raises MigrationRefused when the database is not
    at the newest revision, because the difference would then be wrong.
    """

    def write(connection: Connection, address: Address) -> Path:
        if _revision(connection) != head():
            raise MigrationRefused(f"{address.title} is not migrated; migrate it first.")
        if not _differences(connection):
            raise MigrationRefused("The tables and the database agree: there is nothing to migrate.")
        number = len(list((_HERE / "versions").glob("[0-9]*.py"))) + 1
        config = _config(connection)
        script = command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04d}")
        if not isinstance(script, Script):
            raise MigrationRefused("Alembic did not write exactly one revision.")
        path = Path(script.path)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
        return path

    return _on_database(url, write)


def _on_database(url: str, work: Callable[[Connection, Address], _Result]) -> _Result:
    """Run ``work`` on one connection. Raises DatabaseUnreachable."""
    try:
        address = Address.parse(url)
    except ValueError as error:
        raise DatabaseUnreachable(str(error)) from error
    return asyncio.run(_connected(address, work))


async def _connected(address: Address, work: Callable[[Connection, Address], _Result]) -> _Result:
    try:
        first = await address.open(timeout=_CONNECT_TIMEOUT_S)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DatabaseUnreachable(address.complaint(error)) from error

    async def opened() -> "asyncpg.Connection[asyncpg.Record]":
        return first

    engine = create_async_engine("postgresql+asyncpg://", async_creator=opened, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work, address)
    except DBAPIError as error:
        if error.connection_invalidated:
            broken = ConnectionResetError("the connection broke")
            raise DatabaseUnreachable(address.complaint(broken)) from error
        raise
    finally:
        await engine.dispose()


def _config(connection: Connection | None = None) -> Config:
    config = Config(cmd_opts=Namespace(quiet=True))
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _wait_for_turn(connection: Connection, report: Report) -> None:
    """Take the lock; the end of the connection gives it back."""
    if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
        report("waiting for another process that migrates the database")
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
    connection.commit()


def _revision(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()  # ends the transaction that looking has opened
    return revision


def _refuse_strangers(connection: Connection, revision: str | None, address: Address) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseNewer(
            f"{address.title} was migrated by a newer Candor (revision {revision});"
            " start that version, or restore a backup made with this one."
        )
    tables = inspect(connection).get_table_names()
    connection.rollback()
    if revision is None and set(tables) - {_HISTORY}:
        raise DatabaseForeign(
            f"{address.title} already holds tables that are not Candor's; give Candor a database of its own."
        )


def _differences(connection: Connection) -> list[str]:
    options = {"compare_type": True, "compare_server_default": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    connection.rollback()
    return [_readable(difference) for difference in found]


def _readable(difference: object) -> str:
    """Alembic's tuples, as a line: the kind of change and what it concerns."""
    parts = difference if isinstance(difference, tuple | list) else [difference]
    if parts and isinstance(parts[0], tuple):  # changes of one column come as a list of them
        return "; ".join(_readable(part) for part in parts)
    return " ".join(str(part) for part in parts if part is not None and not isinstance(part, dict))
