"""Claiming: an instance that registered on its own gets a workspace and a name, once.

A person claims with the user code that the instance shows, because the code is what only somebody in front
of the instance knows: ids are no secrets, they stand in logs and lists. So a claim is a guess like every
other use of a code, counted before anybody looks whether it is right. The operator claims by id.

A claim changes nobody's rights in the workspace, so its generation stays: sessions on the instances that it
already has go on. Its owner is told by mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers import display_name
from handlers.errors import ApiError, UserCodeUnusable
from handlers.instances.keeping import UnknownInstance
from handlers.oauth2 import user_code
from handlers.oauth2.pending_request import pending_request
from handlers.ports import Ports, Randomness
from handlers.workspaces import roles
from persistence import claiming, device_grants, fleet
from persistence.mails import queue_mail
from persistence.unit_of_work import Record, UnitOfWork

_MAIL = "instance_claimed"


class AlreadyClaimed(ApiError):
    """409: the instance belongs to a workspace, and a claim does not move it to another."""

    status = 409
    error = "already_claimed"
    message = "This instance is already claimed."


@dataclass(frozen=True, slots=True)
class Claimed:
    """An instance as its claim left it."""

    id: str
    client_id: str
    name: str
    workspace_id: str


async def claim(
    *,
    called: str,
    workspace_id: str,
    name: str,
    store: UnitOfWork,
    randomness: Randomness,
    now: datetime,
) -> Claimed:
    """Put the unclaimed instance with this id or client id into a workspace. Of parallel claims one wins.

    Raises UnusableName, UnknownInstance, AlreadyClaimed.
    """
    name = display_name.cleaned(name)
    row = await claiming.claim(store, called=called, workspace_id=workspace_id, name=name, now=now)
    if row is not None:
        _tell_owner(row, store=store, randomness=randomness, now=now)
        return Claimed(id=row["id"], client_id=row["client_id"], name=name, workspace_id=workspace_id)
    if await fleet.find(store, called=called) is not None:
        raise AlreadyClaimed
    raise UnknownInstance


async def claim_by_code(
    *,
    typed: str,
    workspace_id: str,
    name: str,
    user_id: str,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> str:
    """Put the instance that shows this user code into a workspace of the person's; its id. Of parallel claims
    one wins.

    Raises UnusableName, UserCodeUnusable, OAuthTooManyRequests, UnknownWorkspace, OwnerOnly, AlreadyClaimed.
    """
    name = display_name.cleaned(name)
    await pending_request(typed, person=user_id, store=store, ports=ports, now=now, client_ip=client_ip)
    await roles.insist_on_owner(workspace_id, user_id=user_id, store=store)
    code_hash = user_code.digest(user_code.normal(typed) or "")
    row = await claiming.claim_by_code(
        store, user_code_hash=code_hash, user_id=user_id, workspace_id=workspace_id, name=name, now=now
    )
    if row is None:
        waiting = await device_grants.pending_request(
            store, user_code_hash=code_hash, user_id=user_id, now=now
        )
        if waiting is not None and waiting["workspace_id"] is not None:
            raise AlreadyClaimed
        raise UserCodeUnusable
    _tell_owner(row, store=store, randomness=ports.randomness, now=now)
    return str(row["id"])


def _tell_owner(row: Record, *, store: UnitOfWork, randomness: Randomness, now: datetime) -> None:
    queue_mail(
        store, id=randomness.id(now), kind=_MAIL, to=row["owners_address"], subject_id=row["id"], now=now
    )
