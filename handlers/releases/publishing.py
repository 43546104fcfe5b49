"""Publishing a release of the tool: stored with its links, or replaced when its id is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.errors import ApiError
from persistence import catalogue, publishing
from persistence.unit_of_work import UnitOfWork

_LINK = ("arch", "display", "format", "hash", "kind", "link", "os", "platform")


class VersionTaken(ApiError):
    """409: two releases cannot have the same version."""

    status = 409
    error = "version_taken"
    message = "Another release, with another id, has this version already."


class UnusableDate(ApiError):
    """422: a date that matches the format and is no date, such as a leap second."""

    status = 422
    error = "invalid_date"
    message = "The release's released_at is not a point in time that can be stored."


async def publish(release: Mapping[str, Any], *, store: UnitOfWork, now: datetime) -> None:
    """Store a release that matches the contract's Release. Which one is the newest is told by `released_at`.

    Raises VersionTaken, UnusableDate.
    """
    released_at = _moment(release["released_at"])
    await publishing.one_at_a_time(store)
    holder = await publishing.release_of_version(store, version=release["version"])
    if holder not in (None, release["id"]):
        raise VersionTaken
    await catalogue.put_release(
        store,
        release={
            "id": release["id"],
            "version": release["version"],
            "released_at": released_at,
            "published_at": now,
        },
        links=[{name: link.get(name) for name in _LINK} for link in release["links"]],
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.upper())
        moment.astimezone(UTC)  # what is stored; a year 1 east of Greenwich has none
    except (ValueError, OverflowError):
        raise UnusableDate from None
    if moment.tzinfo is None:
        raise UnusableDate
    return moment
