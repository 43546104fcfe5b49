"""Importing packages into the store: all of a file or nothing of it, and only what its publisher has
signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from handlers.errors import ApiError
from handlers.store.members import PLAIN
from handlers.store.signatures import Unsigned, verify
from persistence import catalogue, publishing
from persistence.unit_of_work import UnitOfWork

MOST = 10_000  # what the listing may hold by the contract (PackagesPayload)

_SHOWN_MOST = 60  # characters of an id in a sentence


class ArchiveUnreadable(Exception):
    """An archive cannot be read. The text says why, as the end of a sentence."""


class Archives(Protocol):
    """Where the archives of packages are."""

    def read(self, archive: str) -> bytes:
        """The bytes of the archive that a package calls so. Raises ArchiveUnreadable."""
        ...


class EntryRefused(ApiError):
    """422: one entry keeps the whole import out. The sentence names it, by what its publisher calls it."""

    status = 422
    error = "package_refused"

    def __init__(self, number: int, package_id: object, reason: str) -> None:
        super().__init__(f"Nothing was imported: {entry(number, package_id)} is refused because {reason}.")


class StoreFull(ApiError):
    """409: the listing would be longer than the contract allows."""

    status = 409
    error = "store_full"
    message = f"Nothing was imported: the store would hold more than {MOST} packages."


def entry(number: int, package_id: object) -> str:
    """How a sentence names an entry: `entry 3 ("acme.scan")`, counted from 1."""
    named = isinstance(package_id, str) and package_id
    return f"entry {number} ({json.dumps(str(package_id)[:_SHOWN_MOST])})" if named else f"entry {number}"


async def import_packages(
    packages: Sequence[Mapping[str, Any]], *, archives: Archives, store: UnitOfWork, now: datetime
) -> None:
    """Store packages that match the contract's PackagePayload; those with a known id are replaced.

    Raises EntryRefused for the first entry that stands twice, whose archive cannot be read, or whose
    signature does not fit; and StoreFull.
    """
    seen: set[str] = set()
    for number, package in enumerate(packages, start=1):
        if package["id"] in seen:
            raise EntryRefused(number, package["id"], "an entry before it has the same id")
        seen.add(package["id"])
        try:
            archive = archives.read(package["archive"])
            verify(archive, signature=package["signature"], public_key=package["public_key"])
        except (ArchiveUnreadable, Unsigned) as reason:
            raise EntryRefused(number, package["id"], str(reason)) from None
    await publishing.one_at_a_time(store)
    for package in packages:
        await catalogue.put_package(store, package=_columns(package, now))
    if await publishing.package_count(store) > MOST:
        raise StoreFull


def _columns(package: Mapping[str, Any], now: datetime) -> dict[str, object]:
    author = package.get("author") or {}
    return {
        **{name: package.get(name) for name in PLAIN},
        **{f"author_{name}": author.get(name) for name in ("name", "email", "url")},
        "imported_at": now,
    }
