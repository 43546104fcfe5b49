"""What an operator's publishing needs to ask before it stores: its turn, who holds a version, how much
there is.
"""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, text

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_release = metadata.tables["release"]
_package = metadata.tables["package"]

# Readers go on; only another publisher waits until this one has committed.
_ONE_AT_A_TIME = Statement(text("LOCK TABLE release, package IN SHARE ROW EXCLUSIVE MODE"))
_RELEASE_OF_VERSION = Statement(select(_release.c.id).where(_release.c.version == bindparam("version")))
_PACKAGE_COUNT = Statement(select(func.count().label("count")).select_from(_package))


async def one_at_a_time(store: UnitOfWork) -> None:
    """Wait for other publishers, and keep them waiting until the commit."""
    await store.write(_ONE_AT_A_TIME)


async def release_of_version(store: UnitOfWork, *, version: str) -> str | None:
    """The id of the release with this version."""
    row = await store.row(_RELEASE_OF_VERSION, version=version)
    return row["id"] if row is not None else None


async def package_count(store: UnitOfWork) -> int:
    """How many packages the store holds, those of the open transaction included."""
    row = await store.row(_PACKAGE_COUNT)
    return int(row["count"]) if row is not None else 0
