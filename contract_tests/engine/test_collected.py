"""A contract that promises to record something else than the server records is refused at start."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from api.contract.document import ContractError
from api.contract.records import compile_collections
from contract_tests.harness.contract import contract

Edit = Callable[[dict[str, Any]], object]


def compiled(edit: Edit) -> Any:
    tree = deepcopy(dict(contract().document))
    edit(tree["paths"]["/instance/alive"]["post"])
    return compile_collections(tree).get("ping_alive")


def test_what_is_declared_is_what_is_recorded() -> None:
    collection = compiled(lambda alive: None)
    assert (collection.every, collection.by_user) == (timedelta(days=1), False)
    assert compiled(lambda alive: alive.update({"x-collect": []})) is None


@pytest.mark.promise("N1")
@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda alive: alive.pop("x-collect"), "does not say what it collects"),
        (lambda alive: alive["x-collect"][0].update(record="message"), "a record that the recorder does not"),
        (lambda alive: alive["x-collect"][0]["set"]["ip"].update({"from": "$request.body"}), "a source that"),
        (lambda alive: alive["x-collect"][0]["set"].update(name={"from": "$context.now"}), "a source that"),
        (lambda alive: alive["x-collect"][0]["set"].pop("ip"), "does not declare every field"),
        (lambda alive: alive["x-collect"][0].pop("cadence"), "without a cadence"),
        (lambda alive: alive["x-collect"][0]["cadence"].update(every="daily"), "without a cadence"),
    ],
)
def test_anything_else_is_refused(edit: Edit, sentence: str) -> None:
    with pytest.raises(ContractError, match=f"ping_alive.*{sentence}"):
        compiled(edit)


@pytest.mark.parametrize("stores", [None, "instance", ["no_such_record"]])
def test_what_may_be_stored_is_said_in_names_of_records(stores: object) -> None:
    with pytest.raises(ContractError, match="ping_alive"):
        compiled(lambda alive: alive.update({"x-stores": stores}))
