"""Usernames and e-mail addresses are given out one after the other.

An account and a sign-up may not share a username, and no constraint spans two tables. So whoever is about to
give one out holds this lock from before the first look until the end of the transaction; what was given out
before is then seen, and nothing comes in between. It is asked for some times a minute.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, bindparam, cast, func, select

from persistence.statement import Statement
from persistence.unit_of_work import UnitOfWork

_LOCK: Final = 0x6E616D6573  # "names"
_HOLD = Statement(select(func.pg_advisory_xact_lock(cast(bindparam("lock"), BigInteger))))


async def hold(store: UnitOfWork) -> None:
    """Let nobody else give out a username or an address before this unit of work ends."""
    await store.write(_HOLD, lock=_LOCK)
