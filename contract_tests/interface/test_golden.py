"""Who may call what, and what is stored for how long, against the lists that were agreed on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from contract_tests.harness.contract import Contract, contract
from contract_tests.interface.golden import KEPT, KEPT_RECORDS, lines, record_lines

Paths = dict[str, Any]


def changed(kept: Path, current: Iterable[str]) -> str:
    agreed = kept.read_text().splitlines(keepends=True)
    return "".join(unified_diff(agreed, list(current), kept.name, "cloud_instance.yaml", n=0))


def test_operations_and_their_security_are_those_agreed_on() -> None:
    difference = changed(KEPT, lines(contract()))
    assert not difference, (
        f"Operations, tags or security changed:\n{difference}\n"
        "If that is meant: python -m contract_tests.interface.golden --write, and commit it as well."
    )


@pytest.mark.promise("N1")
def test_records_and_how_long_they_are_kept_are_those_agreed_on() -> None:
    difference = changed(KEPT_RECORDS, record_lines(contract()))
    assert not difference, (
        f"What is stored, on which ground or for how long changed:\n{difference}\n"
        "If that is meant: python -m contract_tests.interface.golden --write, and commit it as well."
    )


def renamed(paths: Paths) -> None:
    paths["/instance/owner"]["get"]["operationId"] = "get_holder"


def called_otherwise(paths: Paths) -> None:
    paths["/instance/owner"]["post"] = paths["/instance/owner"].pop("get")


def moved(paths: Paths) -> None:
    paths["/instance/holder"] = paths.pop("/instance/owner")


def tagged_otherwise(paths: Paths) -> None:
    paths["/instance/owner"]["get"]["tags"] = ["user"]


def opened(paths: Paths) -> None:
    paths["/instance/owner"]["get"]["security"] = []


def opened_to_others(paths: Paths) -> None:
    paths["/instance/owner"]["get"]["security"].append({"pat": []})


def without_its_scope(paths: Paths) -> None:
    paths["/instance/owner"]["get"]["security"] = [{"instance_token": []}]


def gone(paths: Paths) -> None:
    del paths["/instance/owner"]


def joined(paths: Paths) -> None:
    paths["/instance/owner"]["delete"] = {**paths["/instance/owner"]["get"], "operationId": "drop_owner"}


@pytest.mark.parametrize(
    "change",
    [
        renamed, called_otherwise, moved, tagged_otherwise, opened, opened_to_others, without_its_scope, gone,
        joined,
    ],
)  # fmt: skip
def test_a_change_of_any_of_these_is_seen(change: Callable[[Paths], None]) -> None:
    document: dict[str, Any] = copy.deepcopy(dict(contract().document))
    change(document["paths"])
    found = [line for line in changed(KEPT, lines(Contract(document))).splitlines() if line[1:2] not in "-+@"]
    assert found
    assert all("owner" in line or "get_holder" in line for line in found)
