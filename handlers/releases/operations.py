"""The newest version of the tool."""

from __future__ import annotations

from handlers.answers import Answer
from handlers.cacheable import json_answer
from handlers.errors import NotFound
from handlers.moments import rfc3339
from persistence import catalogue
from persistence.unit_of_work import UnitOfWork

_MAX_AGE_S = 300
_LINK_MEMBERS = ("arch", "display", "format", "hash", "kind", "link", "os", "platform")


async def latest_release(*, if_none_match: str | None, store: UnitOfWork) -> Answer:
    """The newest release. Raises NotFound until there is one."""
    rows = await catalogue.latest_release(store)
    if not rows:
        raise NotFound("No release has been published yet.")
    first = rows[0]
    payload = {
        "id": first["id"],
        "version": first["version"],
        "released_at": rfc3339(first["released_at"]),
        "links": [
            {member: row[f"link_{member}"] for member in _LINK_MEMBERS}
            for row in rows
            if row["link_position"] is not None
        ],
    }
    return json_answer(payload, if_none_match=if_none_match, max_age_s=_MAX_AGE_S)
