"""Looking after claimed instances: a new name, or the end.

Deleting an instance ends everything on it: its client, its tokens, the sessions of the people signed in to
it. It changes nobody's rights on the workspace's other instances, so the generation stays and nobody else
has to sign in again.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers import display_name
from handlers.errors import ApiError, NotFound
from persistence import fleet
from persistence.unit_of_work import UnitOfWork


class UnknownInstance(NotFound):
    """404: no instance has this id."""

    error = "unknown_instance"
    message = "No instance has this id or client id."


class NotClaimed(ApiError):
    """409: an unclaimed instance has no name; claiming gives it one."""

    status = 409
    error = "instance_unclaimed"
    message = "This instance is unclaimed: claim it, which names it too."


@dataclass(frozen=True, slots=True)
class Renamed:
    """An instance and the name that it has now."""

    id: str
    name: str


async def rename(*, called: str, name: str, store: UnitOfWork) -> Renamed:
    """Name the claimed instance with this id or client id anew.

    Raises UnusableName, UnknownInstance, NotClaimed.
    """
    row = await fleet.rename(store, called=called, name=display_name.cleaned(name))
    if row is not None:
        return Renamed(id=row["id"], name=row["name"])
    if await fleet.find(store, called=called) is not None:
        raise NotClaimed
    raise UnknownInstance


async def delete(*, called: str, store: UnitOfWork) -> str:
    """Delete the instance with this id or client id; its id. Raises UnknownInstance."""
    instance_id = await fleet.remove(store, called=called)
    if instance_id is None:
        raise UnknownInstance
    return instance_id
