"""Writes a row, then answers as it is told to: as declared, or in one of the ways that break a contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers.answers import Answer
from persistence.attempts import count_attempt
from persistence.registration import update_client
from persistence.unit_of_work import UnitOfWork

ANSWERS: dict[str, object] = {
    "declared": {"count": 1},
    "wrong type": {"count": "a secret of the store"},
    "member missing": {},
    "undeclared status": Answer(status=418, body={"count": 1}),
    "undeclared media type": Answer(body=b"<p>1</p>", media_type="text/html"),
    "undeclared header": Answer(body={"count": 1}, headers={"X-Powered-By": "x"}),
    "not JSON": {"count": {1, 2}},
}


async def write_note(*, body: dict[str, Any], store: UnitOfWork, now: datetime) -> object:
    """Write inside the transaction, then answer."""
    await count_attempt(store, kind="note", subject=body["subject"], now=now, window_before=now)
    return ANSWERS[body["answer"]]


async def defer_note(*, body: dict[str, Any], store: UnitOfWork) -> object:
    """Leave the write for the commit, then answer."""
    update_client(
        store,
        client_id=body["subject"],
        client_secret_hash=bytes(32),
        scopes=("changed",),
        grant_types=(),
        otherwise=LookupError,
    )
    return ANSWERS[body["answer"]]
