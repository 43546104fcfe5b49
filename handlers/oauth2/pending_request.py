"""The device authorization request behind a user code that a person types."""

from __future__ import annotations

from datetime import datetime

from handlers.oauth2 import code_guessing, user_code
from handlers.ports import Ports
from persistence import device_grants
from persistence.unit_of_work import Record, UnitOfWork


async def pending_request(
    typed: str, *, person: str, store: UnitOfWork, ports: Ports, now: datetime, client_ip: str | None
) -> Record:
    """The request that this person may decide about; a wrong code is counted and refused. What
    the unit of work held before is gone. Raises UserCodeUnusable, OAuthTooManyRequests.
    """
    await code_guessing.refuse_guessers(
        store=store, policy=ports.policy, user_id=person, client_ip=client_ip, now=now
    )
    wrong = await code_guessing.counted_guess(
        store=store, policy=ports.policy, user_id=person, client_ip=client_ip, now=now
    )
    code = user_code.normal(typed)
    row = None
    if code is not None:
        row = await device_grants.pending_request(
            store, user_code_hash=user_code.digest(code), user_id=person, now=now
        )
    if row is None:
        raise wrong
    await store.rollback()  # what was right counts for nothing
    return row
