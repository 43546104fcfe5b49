"""A seeded fault, the catalogue of them all, and the third of it that a run takes.

The catalogue is YAML, one file an area. A fault is one exact text of one file and what stands in its place:
a change that a person could make by mistake and that would harm somebody. It names the tests that must fail
when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CATALOGUE = Path(__file__).with_name("catalogue")
AREAS = (
    "contract",
    "engine",
    "handler",
    "statement",
    "fleet",
    "recorder",
    "mail",
    "serve",
    "sign_up",
    "second_factors",
    "dashboard",
    "account",
    "credits",
    "providers",
    "assistant",
)
PARTS = 3
_NEEDED = {"id", "harm", "file", "replace", "by", "caught_by"}
_POSSIBLE = _NEEDED | {"promises", "refuses_to_start"}


class CatalogueBroken(ValueError):
    """A file of the catalogue cannot be read. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One harmful change: in `file`, `replace` becomes `by`; one of the tests in `caught_by` must then fail.

    `refuses_to_start`: what the test sees is a server that does not start, because it checks itself.
    """

    id: str
    area: str
    harm: str
    file: str
    replace: str
    by: str
    caught_by: tuple[str, ...]
    promises: tuple[str, ...] = ()
    refuses_to_start: bool = False


def catalogue(directory: Path = CATALOGUE) -> list[Fault]:
    """Every fault, by area and then in the order of its file. Raises CatalogueBroken."""
    faults = [each for area in AREAS for each in _of_area(area, directory)]
    ids = [each.id for each in faults]
    twice = {each for each in ids if ids.count(each) > 1}
    if twice:
        raise CatalogueBroken(f"The catalogue has a fault twice: {', '.join(sorted(twice))}.")
    return faults


def part(faults: Sequence[Fault], number: int) -> list[Fault]:
    """The faults of part 1, 2 or 3. Dealt out one by one, so that each part has a third of every area."""
    return list(faults[number - 1 :: PARTS])


def named(faults: Iterable[Fault], ids: Iterable[str]) -> list[Fault]:
    """The faults with these ids. Raises CatalogueBroken for an id that there is not."""
    known = {each.id: each for each in faults}
    wanted = list(ids)
    for each in wanted:
        if each not in known:
            raise CatalogueBroken(f"There is no fault {each}; --list names them.")
    return [known[each] for each in wanted]


def _of_area(area: str, directory: Path) -> Iterable[Fault]:
    file = directory / f"{area}.yaml"
    entries = yaml.safe_load(file.read_text()) if file.exists() else []
    for number, entry in enumerate(entries or [], start=1):
        yield _read(area, entry, f"{file.name}, entry {number}")


def _read(area: str, entry: Any, where: str) -> Fault:
    if not isinstance(entry, dict) or not _NEEDED <= entry.keys() <= _POSSIBLE:
        raise CatalogueBroken(f"{where}: a fault has {', '.join(sorted(_NEEDED))} and no unknown member.")
    texts = {name: entry[name] for name in ("id", "harm", "file", "replace", "by")}
    if not all(isinstance(each, str) for each in texts.values()) or not entry["caught_by"]:
        raise CatalogueBroken(f"{where}: a member is not text, or no test is named.")
    return Fault(
        area=area,
        caught_by=tuple(entry["caught_by"]),
        promises=tuple(entry.get("promises", ())),
        refuses_to_start=entry.get("refuses_to_start", False),
        **texts,
    )
