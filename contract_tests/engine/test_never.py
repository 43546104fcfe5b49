"""A contract that promises not to write something which does not exist is refused at start."""

from __future__ import annotations

from copy import deepcopy

import pytest

from api.contract.document import ContractError
from api.contract.never import refuse_untrue
from contract_tests.harness.contract import contract

SAID = ["$request.body#/messages", "$response.body#/messages"]


@pytest.mark.promise("C12")
def test_what_is_said_to_the_assistant_is_never_written() -> None:
    tree = dict(contract().document)
    refuse_untrue(tree)
    assert contract().operations["complete"].declared["x-never"] == SAID


@pytest.mark.parametrize(
    "declared", [["$request.body#/thoughts"], ["$response.body#/model", "messages"], "messages"]
)
def test_anything_that_is_not_there_is_refused(declared: object) -> None:
    tree = deepcopy(dict(contract().document))
    operation = contract().operations["complete"]
    tree["paths"][operation.path][operation.method]["x-never"] = declared
    with pytest.raises(ContractError, match="complete says of something"):
        refuse_untrue(tree)
