"""A person's personal access tokens, in contract order.

Making one takes a person who has signed in: a token that leaked would otherwise make others, which go on when
it is found and revoked. Ending any of them takes either: whoever holds a token may always give it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers import pagination
from handlers.answers import NO_STORE, Answer
from handlers.caller import Caller
from handlers.moments import seconds
from handlers.pats import tokens
from handlers.ports import Ports
from persistence import access_tokens
from persistence.unit_of_work import Record, UnitOfWork

_LIST = "pats"


async def list_pats(
    *, limit: int | None, cursor: str | None, caller: Caller, store: UnitOfWork, now: datetime
) -> Answer:
    """The caller's tokens, the newest first. Raises InvalidCursor."""
    limit = limit or pagination.DEFAULT_LIMIT
    rows = await access_tokens.page(
        store,
        user_id=caller.person,
        before=pagination.position(cursor, of=_LIST, start=pagination.AFTER_ALL),
        at_most=limit + 1,
    )
    page = pagination.page(rows, limit=limit, of=_LIST, shown=lambda row: _shown(row, now))
    return Answer(body=page, headers=NO_STORE)


async def create_pat(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """A new one, shown once. Raises UnusableName, TooManyTokens."""
    expires_in_s = body.get("expires_in_s")
    new = await tokens.create(
        user_id=caller.person,
        name=body["name"],
        expires_in=timedelta(seconds=expires_in_s) if expires_in_s is not None else None,
        prefix=ports.policy.pat_prefix,
        at_most=tokens.MOST,
        store=store,
        randomness=ports.randomness,
        now=now,
    )
    payload = {
        "id": new.id,
        "name": new.name,
        "state": "usable",
        "created_at": seconds(now),
        "expires_at": seconds(new.expires_at) if new.expires_at is not None else None,
        "token": new.token,
    }
    return Answer(201, body=payload, headers=NO_STORE)


async def revoke_pat(*, pat_id: str, caller: Caller, store: UnitOfWork, now: datetime) -> Answer:
    """End one of them. Raises UnknownToken."""
    await tokens.revoke(pat_id, user_id=caller.person, store=store, now=now)
    return Answer(204)


def _shown(row: Record, now: datetime) -> dict[str, object]:
    expires_at = row["expires_at"]
    return {
        "id": row["id"],
        "name": row["name"],
        "state": "expired" if expires_at is not None and expires_at <= now else "usable",
        "created_at": seconds(row["created_at"]),
        "expires_at": seconds(expires_at) if expires_at is not None else None,
    }
