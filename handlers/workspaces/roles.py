"""Who may do what in a workspace: its members see what belongs to it, its owner decides."""

from __future__ import annotations

from handlers.errors import Forbidden, NotFound
from persistence import workspaces
from persistence.unit_of_work import Record, UnitOfWork


class UnknownWorkspace(NotFound):
    """404: the caller is a member of no workspace with this id."""

    error = "unknown_workspace"
    message = "You are a member of no workspace with this id."


class OwnerOnly(Forbidden):
    """403: a member who is not the owner asked for what the owner decides."""

    error = "owner_only"
    message = "Only the owner of the workspace may do this."


def insist(row: Record | None, *, unknown: type[NotFound]) -> Record:
    """The row as the caller sees it. Raises `unknown` when it sees none, and OwnerOnly when it may only
    look.
    """
    if row is None:
        raise unknown
    if not row["may"]:
        raise OwnerOnly
    return row


async def insist_on_member(workspace_id: str, *, user_id: str, store: UnitOfWork) -> None:
    """Raise UnknownWorkspace unless the person is a member."""
    if await workspaces.standing(store, user_id=user_id, id=workspace_id) is None:
        raise UnknownWorkspace


async def insist_on_owner(workspace_id: str, *, user_id: str, store: UnitOfWork) -> None:
    """Raise UnknownWorkspace for a person who is no member, OwnerOnly for one who does not own it."""
    insist(await workspaces.standing(store, user_id=user_id, id=workspace_id), unknown=UnknownWorkspace)
