"""The plugin store's listing."""

from __future__ import annotations

from handlers.answers import Answer
from handlers.cacheable import json_answer
from handlers.store.members import PLAIN
from persistence import catalogue
from persistence.unit_of_work import Record, UnitOfWork

_MAX_AGE_S = 300


async def get_packages(*, kind: str | None, if_none_match: str | None, store: UnitOfWork) -> Answer:
    """The packages of one kind, or all, by id."""
    rows = await catalogue.packages(store, kind=kind)
    return json_answer([_package(row) for row in rows], if_none_match=if_none_match, max_age_s=_MAX_AGE_S)


def _package(row: Record) -> dict[str, object]:
    author = {"email": row["author_email"], "name": row["author_name"], "url": row["author_url"]}
    return {
        **{member: row[member] for member in PLAIN},
        "author": author if any(author.values()) else None,
    }
