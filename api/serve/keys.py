"""The key file made ready: there is one, and it opens whatever the database holds sealed.

A server that has lost its key must not make another one: what was sealed would stay shut without anybody
noticing. It refuses to start instead.
"""

from __future__ import annotations

import asyncio

from api.gateways import key_file
from api.gateways.sealing import header_of
from api.serve.startup import StartFailed, say
from api.settings import Settings
from persistence import sealed
from persistence.database import Database


def make_ready(settings: Settings, url: str) -> None:
    """Make the key file at the first start; later see that it opens what is sealed.

    Raises StartFailed, StoreUnavailable.
    """
    try:
        keys = key_file.read(settings.key_path)
        needed = asyncio.run(_headers(url))
        if keys is None and not needed:
            keys = key_file.make(settings.key_path)
            say(f"made the key file {settings.key_path}: back it up, apart from the database")
    except key_file.UnusableKeyFile as failure:
        raise StartFailed(str(failure)) from None
    if (missing := missing_keys(keys, needed)) is not None:
        raise StartFailed(
            f"{missing} Bring it back from where it was kept (CANDOR_KEY_FILE says where it lies)."
        )


def missing_keys(keys: key_file.Keys | None, needed: frozenset[bytes]) -> str | None:
    """One sentence when values that begin with `needed` do not all open with these keys."""
    if keys is None:
        return "The database holds sealed values and there is no key file." if needed else None
    strange = needed - {header_of(id) for id in keys.by_id}
    if strange:
        names = ", ".join(sorted(header[1:].hex() for header in strange))
        return f"The database holds values sealed under a key that the key file does not have ({names})."
    return None


async def _headers(url: str) -> frozenset[bytes]:
    database = await Database.connect(url, pool_size=1)
    try:
        return await sealed.headers(database.unit_of_work())
    finally:
        await database.close()
