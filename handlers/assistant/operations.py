"""What instances ask for the people who are signed in to them, in contract order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from handlers.assistant import admission, completing, offer, refusals
from handlers.caller import Caller
from handlers.errors import InvalidToken
from handlers.ports import Ports
from handlers.presence import Presence
from persistence import assistant
from persistence.credits import refreshing
from persistence.unit_of_work import Record, UnitOfWork


async def get_models(*, caller: Caller, store: UnitOfWork, ports: Ports, now: datetime) -> dict[str, object]:
    """The models that can be asked now."""
    await _entitled(caller, store=store, now=now)
    rows = offer.offered(await assistant.models(store, at_most=offer.MOST), own=ports.models.own)
    shown = ("id", "name", "token_credit", "provider", "context", "max_output")
    return {
        "models": [
            {name: row[name] for name in shown} | {"kind": offer.kind(row["provider"])} for row in rows
        ]
    }


async def get_usage(*, caller: Caller, store: UnitOfWork, ports: Ports, now: datetime) -> dict[str, object]:
    """The balance of whoever is signed in."""
    purse = await _entitled(caller, store=store, now=now)
    if admission.needs_refresh(purse):
        await refreshing.refresh(store, user_id=caller.person, now=now, randomness=ports.randomness)
        purse = await _entitled(caller, store=store, now=now)
    return {"balance": purse["posted"] or 0, "reserved": purse["held"] or 0}


async def complete(
    *,
    body: Mapping[str, Any],
    idempotency_key: str | None,
    caller: Caller,
    stores: Callable[[], UnitOfWork],
    ports: Ports,
    presence: Presence,
    now: datetime,
) -> dict[str, object]:
    """Ask a language model, and pay for it."""
    request = completing.Request.of(body, user_id=caller.person, idempotency_key=idempotency_key)
    answered = await completing.answer(request, stores=stores, ports=ports, presence=presence, now=now)
    return {
        "model": answered.model,
        "messages": [{"role": "assistant", "content": answered.text}],
        "finish_reason": answered.finish_reason,
        "usage": {
            "balance": answered.balance,
            "credits": answered.credits,
            "prompt_tokens": answered.prompt_tokens,
            "completion_tokens": answered.completion_tokens,
            "estimated": answered.estimated,
        },
    }


async def _entitled(caller: Caller, *, store: UnitOfWork, now: datetime) -> Record:
    """What the person has. Raises NotInPlan."""
    purse = await assistant.purse(store, user_id=caller.person, now=now)
    if purse is None:
        raise InvalidToken
    if not purse["entitled"]:
        raise refusals.NotInPlan
    return purse
