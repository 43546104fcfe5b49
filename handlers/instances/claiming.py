"""Claiming: an instance that registered on its own gets a workspace and a name, once.

A claim changes nobody's rights in the workspace, so its generation stays: sessions on the instances that it
already has go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers import display_name
from handlers.errors import ApiError
from handlers.instances.keeping import UnknownInstance
from persistence import fleet
from persistence.unit_of_work import UnitOfWork


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


async def claim(*, called: str, workspace_id: str, name: str, store: UnitOfWork, now: datetime) -> Claimed:
    """Put the unclaimed instance with this id or client id into a workspace. Of parallel claims one wins.

    Raises UnusableName, UnknownInstance, AlreadyClaimed.
    """
    name = display_name.cleaned(name)
    row = await fleet.claim(store, called=called, workspace_id=workspace_id, name=name, now=now)
    if row is not None:
        return Claimed(id=row["id"], client_id=row["client_id"], name=name, workspace_id=workspace_id)
    if await fleet.find(store, called=called) is not None:
        raise AlreadyClaimed
    raise UnknownInstance
