"""A token endpoint that grants nothing and tells what it was given."""

from typing import Any

from handlers.answers import Answer
from handlers.errors import InvalidClient, InvalidGrant
from persistence.availability import StoreUnavailable


async def grant_token(*, body: Any, caller: Any, store: Any) -> Any:
    if body.get("scope") == "nobody":
        raise InvalidClient
    if body.get("scope") == "none":
        raise InvalidGrant
    if body.get("scope") == "down":
        raise StoreUnavailable("down")
    if body.get("scope") == "crash":
        raise RuntimeError("crash")
    credentials = caller.credentials
    given = None if credentials is None else [credentials.client_id, credentials.client_secret]
    return Answer(
        200, {"body": body, "kind": caller.kind, "credentials": given}, {"Cache-Control": "no-store"}
    )
