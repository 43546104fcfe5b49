"""Lists, page by page: a cursor says after which row the next page begins.

A page is found by the id of the row before it and not by counting rows, so what is added or removed meanwhile
moves nothing from one page to another, and the last page costs as much as the first. Ids are ULIDs, which are
in the order of their making. A cursor carries the id and the name of its list; that it is opaque leaves us
free to change that.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence

from handlers.errors import ApiError
from persistence.unit_of_work import Record

DEFAULT_LIMIT = 20

BEFORE_ALL = ""
"""Below every id: where a list that begins with the oldest begins."""

AFTER_ALL = "Z" * 27
"""Above every id: where a list that begins with the newest begins."""

_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class InvalidCursor(ApiError):
    """400: not a cursor that this list has given."""

    error = "invalid_cursor"
    message = "This cursor was not given by this list. Begin again without one."


def position(cursor: str | None, *, of: str, start: str) -> str:
    """The id after which the page of the list `of` begins; `start` without a cursor. Raises InvalidCursor."""
    if cursor is None:
        return start
    try:
        name, _, id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(":")
    except ValueError:
        raise InvalidCursor from None
    if name != of or not _ID.fullmatch(id) or cursor_after(id, of=of) != cursor:
        raise InvalidCursor
    return id


def cursor_after(id: str, *, of: str) -> str:
    """The cursor of what comes after this row in the list `of`."""
    return urlsafe_b64encode(f"{of}:{id}".encode()).decode().rstrip("=")


def page(
    rows: Sequence[Record], *, limit: int, of: str, shown: Callable[[Record], object]
) -> dict[str, object]:
    """The page of rows of which one more than `limit` was asked for, so that it is known whether another
    page follows.
    """
    items = rows[:limit]
    return {
        "items": [shown(each) for each in items],
        "next_cursor": cursor_after(items[-1]["id"], of=of) if len(rows) > limit else None,
    }
