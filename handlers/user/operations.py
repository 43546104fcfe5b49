"""What a person's own credential opens, in contract order."""

from __future__ import annotations

from handlers.caller import Caller
from handlers.errors import InvalidToken
from handlers.moments import seconds
from persistence import accounts
from persistence.unit_of_work import UnitOfWork


async def get_user(*, caller: Caller, store: UnitOfWork) -> dict[str, object]:
    """The account behind the credential."""
    account = await accounts.account(store, user_id=caller.user_id or "")
    if account is None:
        raise InvalidToken
    return {
        "created_at": seconds(account["created_at"]),
        "email": account["email"],
        "id": account["id"],
        "name": account["name"],
        "object": "user",
        "updated_at": seconds(account["updated_at"]),
    }
