"""What a start says of an empty cloud: the link on which its operator makes the first account."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime

from api.gateways.randomness import SystemRandomness
from handlers.account import first_account
from persistence.database import Database, StoreUnavailable


async def invite(database: Database, *, public_url: str) -> None:
    """Print a new link on standard output, if there is no account; the links of earlier starts end with it.

    It goes to whoever started the server and to no log. A start that misses the database, or whose output is
    closed, says nothing; the next one does.
    """
    with suppress(StoreUnavailable, OSError):
        async with database.unit_of_work() as store:
            link = await first_account.offer(
                public_url=public_url, store=store, randomness=SystemRandomness(), now=datetime.now(UTC)
            )
        if link is not None:
            sys.stdout.write(f"no account yet; make the first one within 24 hours: {link}\n")
            sys.stdout.flush()
