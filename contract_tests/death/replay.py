"""Afterwards, over HTTP: what was confirmed works, and what was used up or revoked does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from contract_tests.death.calls import Caller, Fate, Reply
from contract_tests.death.journal import Family, Flow, Journal, Key
from contract_tests.harness.instances import DEVICE_CODE, GRANT_TYPES, SCOPE
from contract_tests.harness.people import Person

SAMPLES = 12  # of each kind: the database was looked at for all of them
_Thing = TypeVar("_Thing")


async def hold(url: str, journal: Journal, people: Sequence[Person]) -> None:
    """Try what must work, then what must not. Raises AssertionError."""
    caller = Caller(url)
    try:
        await _what_lives(caller, journal)
        for flow in _some([flow for flow in journal.flows if flow.redeemed is Fate.DONE]):
            assert await _redeem(caller, flow) == (400, "invalid_grant")
            again = await caller.post(
                "/oauth2/device/approve", query={"user_code": flow.user_code}, token=people[0].pat
            )
            assert again.status == 404
        for key in journal.keys:
            if key.max_uses is not None:
                await _use_up(caller, key)
        for family in _some([family for family in journal.families if family.revoked is Fate.DONE]):
            await _is_dead(caller, family)
        for family in _some(_rotated_twice(journal)):
            # A grandparent: neither is it the newest nor is its successor unused, so no grace covers it.
            assert await _refresh(caller, family, family.refresh[0]) == (400, "invalid_grant")
            await _is_dead(caller, family)
    finally:
        await caller.close()


async def _what_lives(caller: Caller, journal: Journal) -> None:
    for token in _some(journal.own_tokens):
        assert (await caller.post("/instance/alive", token=token)).status == 200
    for family in _some([family for family in journal.families if family.revoked is None]):
        for token in family.access:
            assert (await caller.get("/instance/user/session", token=token)).status == 200


async def _use_up(caller: Caller, key: Key) -> None:
    """A limited key has never opened more often than it may, the attempts of now included."""
    assert key.max_uses is not None
    opened = 0
    for _ in range(key.max_uses + 1):
        body: dict[str, object] = {
            "grant_types": GRANT_TYPES,
            "scope": SCOPE,
            "instance_registration_key": key.text,
        }
        reply = await caller.post("/oauth2/register", json=body)
        opened += reply.status == 201
    assert key.confirmed + opened <= key.max_uses
    assert key.confirmed + key.unknown + opened >= key.max_uses
    assert (reply.status, reply.text("error")) == (403, "invalid_registration_key")


async def _is_dead(caller: Caller, family: Family) -> None:
    for token in family.access:
        assert (await caller.get("/instance/user/session", token=token)).status == 401
    assert await _refresh(caller, family, family.refresh[-1]) == (400, "invalid_grant")


def _rotated_twice(journal: Journal) -> list[Family]:
    return [family for family in journal.families if len(family.refresh) > 2 and family.revoked is None]


async def _redeem(caller: Caller, flow: Flow) -> tuple[int, str]:
    form = {**flow.instance.credentials, "grant_type": DEVICE_CODE, "device_code": flow.device_code}
    return _refused(await caller.post("/oauth2/token", form=form))


async def _refresh(caller: Caller, family: Family, token: str) -> tuple[int, str]:
    form = {**family.instance.credentials, "grant_type": "refresh_token", "refresh_token": token}
    return _refused(await caller.post("/oauth2/token", form=form))


def _refused(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.text("error") if reply.status >= 400 else ""


def _some(things: Sequence[_Thing]) -> Sequence[_Thing]:
    """The first, the last and some between, so that every round is among them."""
    assert things, "the load did not come to this"
    step = max(1, len(things) // SAMPLES)
    return [*things[::step], things[-1]]
