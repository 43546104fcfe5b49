"""Finding an account by what a person calls it: an e-mail address in any capitals, a username, or the id."""

from __future__ import annotations

from handlers.errors import NotFound
from persistence import accounts
from persistence.unit_of_work import UnitOfWork


class UnknownUser(NotFound):
    """404: no account is called so."""

    error = "unknown_user"
    message = "No account has this e-mail address, username or id."


class NoWorkspace(NotFound):
    """404: the account owns no workspace."""

    error = "no_workspace"
    message = "This account owns no workspace."


async def user_id(called: str, *, store: UnitOfWork) -> str:
    """The id of the account. Raises UnknownUser."""
    name = called.strip()
    # Bytes that are no text cannot be anybody's name, and the database would refuse them.
    if name.isprintable():
        found = await accounts.account_id(store, name=name.lower())
        if found is not None:
            return found
        if await accounts.account(store, user_id=name.upper()) is not None:
            return name.upper()
    raise UnknownUser


async def own_workspace_id(owner_id: str, *, store: UnitOfWork) -> str:
    """The workspace that the account has owned the longest. Raises NoWorkspace."""
    found = await accounts.own_workspace_id(store, user_id=owner_id)
    if found is None:
        raise NoWorkspace
    return found
