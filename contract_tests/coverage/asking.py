"""A well-formed request to an operation, from the contract's examples, with a credential that opens it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from contract_tests.authorisation.requests import well_formed
from contract_tests.fuzz.authentication import SIGNING_OUT
from contract_tests.fuzz.credentials import FITTING, FuzzCredentials, Wallet
from contract_tests.harness.browsers import origin_of
from contract_tests.harness.contract import Operation, contract
from contract_tests.harness.people import Person

# Those that end the credential they are called with come last.
OPERATIONS = dict(sorted(contract().operations.items(), key=lambda each: each[0] in SIGNING_OUT))


def declaring(status: str) -> list[str]:
    """The operations that declare a status."""
    return [name for name, each in OPERATIONS.items() if status in each.declared["responses"]]


def wallet_of(person: Person, http: httpx.Client) -> Wallet:
    """Credentials of every scheme for a person and its instance, from the server behind `http`."""
    return Wallet(
        FuzzCredentials(FITTING, str(http.base_url), person.pat, person.key, person.email, person.password),
        http,
    )


def ask(http: httpx.Client, operation: Operation, wallet: Wallet, **fields: str) -> Iterator[httpx.Response]:
    """Ask once with each kind of credential that the operation admits, and add header `fields`."""
    for scheme in schemes_of(operation):
        yield ask_with(scheme, http, operation, wallet, **fields)


def schemes_of(operation: Operation) -> list[str]:
    """The security schemes that an operation admits; one empty name when it admits everybody."""
    return [name for each in operation.declared["security"] for name in each] or [""]


def ask_with(
    scheme: str, http: httpx.Client, operation: Operation, wallet: Wallet, **fields: str
) -> httpx.Response:
    """Ask once with the credential of a scheme."""
    request = well_formed(operation, client=not operation.declared["security"])
    held = wallet.headers(scheme) if scheme else {}
    if "Origin" in held:  # the page is one of the server that is asked
        held = {**held, "Origin": origin_of(http)}
    headers = {**request.headers, **held, **fields}
    answer = http.request(request.method, request.url, content=request.content, headers=headers)
    if answer.is_success and scheme in SIGNING_OUT.get(operation.operation_id, ()):
        wallet.spend(scheme)  # those of the other schemes are of other sign-ins
    return answer
