"""The table of promises and the list of those that are still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contract_tests.harness.contract import Contract

TABLE = Path(__file__).with_name("table.yaml")
OPEN = Path(__file__).with_name("open.yaml")


@dataclass(frozen=True)
class Promise:
    """One row: its id, what is promised, and the places of the contract that declare it."""

    id: str
    promise: str
    declared: tuple[str, ...]


@dataclass(frozen=True)
class Open:
    """What nothing proves yet, by id: of promises with some proof, and of promises with none."""

    partly: Mapping[str, str]
    unproven: Mapping[str, str]


def groups() -> dict[str, list[Promise]]:
    """The promises under the headings that they stand below, in order."""
    return {
        group["group"]: [
            Promise(name, row["promise"], tuple(row["declared"])) for name, row in group["promises"].items()
        ]
        for group in yaml.safe_load(TABLE.read_text())
    }


def promises() -> dict[str, Promise]:
    """The promises by id."""
    return {each.id: each for rows in groups().values() for each in rows}


def still_open(text: str | None = None) -> Open:
    """The list of what is open, or another one of its form."""
    read: Mapping[str, Any] = yaml.safe_load(OPEN.read_text() if text is None else text)
    return Open(read["partly"] or {}, read["unproven"] or {})


def is_declared(place: str, contract: Contract) -> bool:
    """Whether a JSON pointer or an operationId is in the contract."""
    if not place.startswith("#"):
        return place in contract.operations
    try:
        contract.resolve({"$ref": place})
    except (KeyError, TypeError):
        return False
    return True
