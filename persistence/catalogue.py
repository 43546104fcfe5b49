"""What the operator has published: the newest release, and the packages of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, delete, literal, or_, select
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_release = metadata.tables["release"]
_link = metadata.tables["release_link"]
_package = metadata.tables["package"]

_LATEST = (
    select(_release.c.id, _release.c.version, _release.c.released_at)
    .order_by(_release.c.released_at.desc(), _release.c.id.desc())
    .limit(1)
    .subquery("latest")
)
_LATEST_RELEASE = Statement(
    select(_LATEST, *(column.label(f"link_{column.name}") for column in _link.c))
    .select_from(_LATEST.outerjoin(_link, _link.c.release_id == _LATEST.c.id))
    .order_by(_link.c.position)
)
_kind = bindparam("kind", type_=_package.c.kind.type)
_PACKAGES = Statement(
    select(_package).where(or_(_kind.is_(None), _package.c.kind == _kind)).order_by(_package.c.id)
)

_put_release = insert(_release).values({column.name: bindparam(column.name) for column in _release.c})
_PUT_RELEASE = Statement(
    _put_release.on_conflict_do_update(
        index_elements=[_release.c.id],
        set_={name: _put_release.excluded[name] for name in ("version", "released_at", "published_at")},
    ).returning(literal(1))
)
_REMOVE_LINKS = Statement(
    delete(_link).where(_link.c.release_id == bindparam("release_id")).returning(literal(1))
)
_PUT_LINK = Statement(
    insert(_link).values({column.name: bindparam(column.name) for column in _link.c}).returning(literal(1))
)
_put_package = insert(_package).values({column.name: bindparam(column.name) for column in _package.c})
_PUT_PACKAGE = Statement(
    _put_package.on_conflict_do_update(
        index_elements=[_package.c.id],
        set_={
            column.name: _put_package.excluded[column.name] for column in _package.c if column.name != "id"
        },
    ).returning(literal(1))
)


async def latest_release(store: UnitOfWork) -> Sequence[Record]:
    """The newest release, one row per link (columns `link_*`, null for a release without links); empty when
    there is none.
    """
    return await store.rows(_LATEST_RELEASE)


async def packages(store: UnitOfWork, *, kind: str | None) -> Sequence[Record]:
    """The packages of one kind, or all, by id."""
    return await store.rows(_PACKAGES, kind=kind)


async def put_release(
    store: UnitOfWork, *, release: Mapping[str, object], links: Sequence[Mapping[str, object]]
) -> None:
    """Store a release with its links in order; one with the same id is replaced."""
    await store.write(_PUT_RELEASE, **release)
    await store.write_rows(_REMOVE_LINKS, release_id=release["id"])
    for position, link in enumerate(links):
        await store.write(_PUT_LINK, release_id=release["id"], position=position, **link)


async def put_package(store: UnitOfWork, *, package: Mapping[str, object]) -> None:
    """Store a package; one with the same id is replaced."""
    await store.write(_PUT_PACKAGE, **package)
