"""Answers that the contract declares for many operations alike, asked of each of them."""

from __future__ import annotations

import pytest

from contract_tests.authorisation.requests import well_formed
from contract_tests.fuzz.credentials import Wallet
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import contract

OPERATIONS = contract().operations
CONDITIONAL = [name for name, each in OPERATIONS.items() if "304" in each.declared["responses"]]
WITH_BODY = [name for name, each in OPERATIONS.items() if "413" in each.declared["responses"]]
LARGER_THAN_ANY = 1_048_577


@pytest.mark.parametrize("operation_id", CONDITIONAL)
@pytest.mark.usefixtures("published")
def test_what_has_not_changed_is_not_sent_again(client: CheckedClient, operation_id: str) -> None:
    request = well_formed(OPERATIONS[operation_id])
    first = client.request(request.method, request.url)
    again = client.request(request.method, request.url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers["ETag"]) == (304, first.headers["ETag"])
    other = client.request(request.method, request.url, headers={"If-None-Match": '"0"'})
    assert other.status_code == 200


@pytest.mark.parametrize("operation_id", WITH_BODY)
def test_a_body_larger_than_the_limit_is_refused(
    client: CheckedClient, wallet: Wallet, operation_id: str
) -> None:
    request = well_formed(OPERATIONS[operation_id])
    admitted = [name for each in OPERATIONS[operation_id].declared["security"] for name in each]
    # A client's secret is looked at after the body, which its own operations show.
    held = wallet.headers(admitted[0]) if admitted and admitted[0] != "client_secret_basic" else {}
    headers = {**request.headers, **held}
    answer = client.request(request.method, request.url, content=b"a" * LARGER_THAN_ANY, headers=headers)
    assert answer.status_code == 413
