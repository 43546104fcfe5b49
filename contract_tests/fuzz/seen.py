"""Adds what the fuzzer saw to the pairs of operation and status that the suite has reached."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import schemathesis
from schemathesis import Case, HookContext, Response

from contract_tests.harness.checking import record
from contract_tests.harness.contract import contract


@schemathesis.hook("after_call")
def note(context: HookContext, case: Case[Any], response: Response) -> None:
    """Write the pair down, if it is one of our contract's."""
    if case.operation.definition.raw.get("operationId") in contract().operations:
        path = urlsplit(str(response.request.url)).path
        record(contract().operation_at(str(response.request.method), path), str(response.status_code))
