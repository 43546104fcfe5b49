"""Parameters, bodies, answers and headers of one operation in two contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.contract.differences.change import Change, Verdict
from api.contract.differences.narrowing import Direction, Kind, Narrowing, narrowings
from api.contract.differences.schemas import Schema, alone
from api.contract.place import Place

_LOST = {
    (Direction.INPUT, Kind.VALUES): "turns away values that it took",
    (Direction.INPUT, Kind.PRESENCE): "must be sent now",
    (Direction.INPUT, Kind.MEMBER): "is not read any more",
    (Direction.INPUT, Kind.OPENNESS): "turns away members that are not declared, which it ignored",
    (Direction.OUTPUT, Kind.VALUES): "may hold values that it never held",
    (Direction.OUTPUT, Kind.PRESENCE): "may be missing now",
    (Direction.OUTPUT, Kind.MEMBER): "is not answered any more",
}
_GAINED = {
    (Direction.INPUT, Kind.VALUES): "takes more values",
    (Direction.INPUT, Kind.PRESENCE): "may be left out now",
    (Direction.INPUT, Kind.MEMBER): "can be sent now",
    (Direction.INPUT, Kind.OPENNESS): "ignores members that are not declared now",
    (Direction.OUTPUT, Kind.VALUES): "holds fewer values",
    (Direction.OUTPUT, Kind.PRESENCE): "is always there now",
    (Direction.OUTPUT, Kind.MEMBER): "is answered now",
}


def of_parameters(name: str, old: Mapping[Any, Place], new: Mapping[Any, Place]) -> Iterator[Change]:
    """Differences of the parameters, by their keys."""
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        declared = after or before
        place = f"{declared.get('in')} parameter {declared.get('name')}" if declared else ""
        if after is None:
            yield Change(Verdict.BREAKING, name, place, "is not read any more")
        elif before is None:
            yield _added_input(name, place, after.get("required", False))
        else:
            yield from _requirement(name, place, before, after)
            if any(before.get(word) != after.get(word) for word in ("style", "explode", "allowReserved")):
                yield Change(Verdict.REVIEW, name, place, "is written in another style")
            yield from of_schemas(name, place, _schema(before), _schema(after), Direction.INPUT)


def of_bodies(name: str, old: Place | None, new: Place | None) -> Iterator[Change]:
    """Differences of the request bodies."""
    if old is not None and new is not None:
        yield from _requirement(name, "body", old, new)
        yield from _of_content(name, "body", old, new, Direction.INPUT)
    elif old is not None:
        yield Change(Verdict.BREAKING, name, "body", "is not read any more")
    elif new is not None:
        yield _added_input(name, "body", new.get("required", False))


def of_answers(name: str, old: Mapping[str, Place], new: Mapping[str, Place]) -> Iterator[Change]:
    """Differences of the declared answers, by status."""
    for status in sorted(old.keys() | new.keys()):
        place = f"answer {status}"
        before, after = old.get(status), new.get(status)
        expected = status[0] in "23"
        if after is None:
            verdict = Verdict.BREAKING if expected else Verdict.COMPATIBLE
            yield Change(verdict, name, place, "is not given any more")
        elif before is None:
            # Clients treat a failure that they do not know as they treat its class (RFC 9110 section 15).
            verdict = Verdict.REVIEW if expected else Verdict.COMPATIBLE
            yield Change(verdict, name, place, "can be given now")
        else:
            yield from _of_headers(
                name, place, dict(before.children("headers")), dict(after.children("headers"))
            )
            yield from _of_content(name, place, before, after, Direction.OUTPUT)


def of_schemas(name: str, place: str, old: Schema, new: Schema, direction: Direction) -> Iterator[Change]:
    """Differences of two schemas: what is lost, and where nothing is lost, what is gained."""
    lost = narrowings(old, new, direction)
    for each in lost:
        yield _told(name, place, each, direction, gained=False)
    places = {each.place for each in lost}
    for each in narrowings(new, old, direction):
        if each.place not in places:
            yield _told(name, place, each, direction, gained=True)


def _told(name: str, place: str, found: Narrowing, direction: Direction, *, gained: bool) -> Change:
    if gained:
        verdict, what = Verdict.COMPATIBLE, _GAINED[direction, found.kind]
    else:
        verdict = Verdict.BREAKING if found.proven else Verdict.REVIEW
        what = _LOST[direction, found.kind]
        if not found.proven:
            what = f"perhaps {what}"
    return Change(verdict, name, f"{place} {found.place}".rstrip(), what, None if gained else found.values)


def _of_headers(
    name: str, place: str, old: Mapping[str, Place], new: Mapping[str, Place]
) -> Iterator[Change]:
    before = {each.lower(): (each, header) for each, header in old.items()}
    after = {each.lower(): (each, header) for each, header in new.items()}
    for key in before | after:
        where = f"{place} header {(after.get(key) or before[key])[0]}"
        if key not in after:
            yield Change(Verdict.BREAKING, name, where, "is not answered any more")
        elif key not in before:
            yield Change(Verdict.COMPATIBLE, name, where, "is answered now")
        else:
            was, stays = before[key][1], after[key][1]
            if was.get("required", False) and not stays.get("required", False):
                yield Change(Verdict.BREAKING, name, where, "may be missing now")
            elif stays.get("required", False) and not was.get("required", False):
                yield Change(Verdict.COMPATIBLE, name, where, "is always there now")
            yield from of_schemas(name, where, _schema(was), _schema(stays), Direction.OUTPUT)


def _of_content(name: str, place: str, old: Place, new: Place, direction: Direction) -> Iterator[Change]:
    before = {_media_type(each): content for each, content in old.children("content")}
    after = {_media_type(each): content for each, content in new.children("content")}
    for media_type in before | after:
        where = f"{place} {media_type}"
        if media_type not in after:
            lost = "is not taken any more" if direction is Direction.INPUT else "is not answered any more"
            yield Change(Verdict.BREAKING, name, where, lost)
        elif media_type not in before:
            yield _added_media_type(name, where, direction, is_first=not before)
        else:
            yield from of_schemas(
                name, where, _schema(before[media_type]), _schema(after[media_type]), direction
            )


def _added_media_type(name: str, where: str, direction: Direction, *, is_first: bool) -> Change:
    if direction is Direction.INPUT:
        return Change(Verdict.COMPATIBLE, name, where, "is taken now")
    verdict = (
        Verdict.COMPATIBLE if is_first else Verdict.REVIEW
    )  # which of several comes is not the client's choice
    return Change(verdict, name, where, "can be answered now")


def _added_input(name: str, place: str, required: bool) -> Change:
    if required:
        return Change(Verdict.BREAKING, name, place, "must be sent now")
    return Change(Verdict.COMPATIBLE, name, place, "can be sent now")


def _requirement(name: str, place: str, old: Place, new: Place) -> Iterator[Change]:
    before, after = bool(old.get("required", False)), bool(new.get("required", False))
    if after and not before:
        yield Change(Verdict.BREAKING, name, place, "must be sent now")
    elif before and not after:
        yield Change(Verdict.COMPATIBLE, name, place, "may be left out now")


def _schema(place: Place) -> Schema:
    return alone(place.tree, place.get("schema", True))


def _media_type(declared: str) -> str:
    return declared.lower().replace(" ", "")
