"""Which revision a database is at and which one the program wants, without loading Alembic.

A server that starts again finds its database migrated almost every time; asking this first saves it the
half second that the migration machinery takes to load. Whenever the answer is not a plain yes,
`persistence.migrations` decides.
"""

from pathlib import Path
from typing import Final

import asyncpg

from persistence.address import Address

_VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
_TIMEOUT_S: Final = 10.0


def newest() -> str:
    """The revision that the program wants: revisions are numbered, and their files begin with the number."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


async def is_newest(url: str) -> bool:
    """Whether the database is there and at the newest revision. Never raises because of the database."""
    try:
        connection = await Address.parse(url).open(timeout=_TIMEOUT_S)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        return False
    try:
        return bool(await connection.fetchval("SELECT version_num FROM alembic_version") == newest())
    except (OSError, asyncpg.PostgresError):
        return False
    finally:
        await connection.close()
