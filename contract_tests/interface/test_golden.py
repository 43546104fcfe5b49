"""Who may call what, against the list that was agreed on."""

from __future__ import annotations

import copy
from collections.abc import Callable
from difflib import unified_diff
from typing import Any

import pytest

from contract_tests.harness.contract import Contract, contract
from contract_tests.interface.golden import KEPT, lines

Paths = dict[str, Any]


def difference(rules: Contract) -> list[str]:
    """What is in the agreed list and not in the contract, and the other way round."""
    agreed, current = KEPT.read_text().splitlines(keepends=True), list(lines(rules))
    return list(unified_diff(agreed, current, "golden.txt", "cloud_instance.yaml", n=0))


def test_operations_and_their_security_are_those_agreed_on() -> None:
    found = "".join(difference(contract()))
    assert not found, (
        f"Operations, tags or security changed:\n{found}\n"
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
    found = [line for line in difference(Contract(document)) if not line.startswith(("---", "+++", "@@"))]
    assert found
    assert all("owner" in line or "get_holder" in line for line in found)
